import { expect, onTestFinished, test, vi } from "vitest";
import type { RunEvent } from "../../protocol/events.ts";
import { takeTurns } from "../../cli/run/turns.ts";

const of = { run: "r1", id: 1, at: "2026-01-01T00:00:00Z" };
const started = (step: number): RunEvent => {
  return { ...of, type: "step_started", step, kind: "command", name: `step ${step}` };
};
const ended = (step: number): RunEvent => {
  return { ...of, type: "step_ended", step, exit_code: 0, signal: null, ran_s: 1 };
};
const printed = (step: number, text: string): RunEvent => {
  return { ...of, type: "output", stream: "stdout", step, text };
};

function startTurns() {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const shown: string[] = [];
  const turns = takeTurns((event) => {
    if (event.type === "output") shown.push(event.text);
    if (event.type === "step_started" || event.type === "step_ended") {
      shown.push(`${event.type} ${event.step}`);
    }
  });
  const push = (...events: RunEvent[]) => events.forEach(turns.push);
  return { push, flush: turns.flush, shownNow: () => shown.splice(0) };
}

test("steps side by side print in turns of a second, and each at its end", () => {
  const { push, shownNow } = startTurns();
  push(started(1), started(2), printed(2, "b1"), printed(1, "a1"), printed(2, "b2"));
  push(printed(1, "a2"));
  expect(shownNow()).toEqual(["step_started 1", "step_started 2", "b1", "b2"]);
  vi.advanceTimersByTime(1000);
  expect(shownNow()).toEqual(["a1", "a2"]);
  // What waits comes before the end of its step, and after the end of the step that printed.
  push(printed(2, "b3"), ended(2), printed(1, "a3"), ended(1));
  expect(shownNow()).toEqual(["b3", "step_ended 2", "a3", "step_ended 1"]);
  expect(vi.getTimerCount()).toBe(0);
});

test("nothing waits where one step prints, and what waits is bounded and can be flushed", () => {
  const { push, flush, shownNow } = startTurns();
  push({ ...of, type: "output", stream: "stdout", text: "alone" });
  push(started(1), printed(1, "a1"), ended(1), printed(3, "late"), started(2), printed(1, "x"));
  expect(shownNow()).toEqual([
    ...["alone", "step_started 1", "a1", "step_ended 1", "late", "step_started 2"],
  ]);
  flush();
  expect(shownNow()).toEqual(["x"]);
  push(started(3), printed(2, "y".repeat(70_000)));
  expect(shownNow()).toHaveLength(2);
});
