import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Assignment } from "../../../protocol/responder.ts";
import { startReport } from "../../../responder/agent/start-report.ts";
import type { Began } from "../../../responder/client/responder-calls.ts";
import { NoAnswer, ServerRefusal } from "../../../responder/client/server-client.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function reportWith(options: { confirm_start?: true; refuse?: boolean; lose?: boolean } = {}) {
  const seen = { calls: [] as Began[], refused: [] as unknown[] };
  const { refuse, lose, ...facts } = options;
  const report = startReport({
    assignment: { run: "a", attempt: 1, ...facts } as unknown as Assignment,
    calls: {
      async started(_, began) {
        seen.calls.push(began);
        if (lose) throw new NoAnswer("The connection broke.");
        if (refuse) throw new ServerRefusal(409, "attempt_over");
      },
    },
    signal: new AbortController().signal,
    onRefused: (error) => seen.refused.push(error),
  });
  return { report, seen };
}

test("a short program's start is told by its finish call alone", async () => {
  const { report, seen } = reportWith();
  expect(report.facts()).toEqual({});
  report.begin();
  await vi.advanceTimersByTimeAsync(50);
  report.end();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(report.facts()).toEqual({ began_ago_s: 1.05 });
  expect(seen.calls).toEqual([]);
});

test("the start of a program that runs on is told once, and no later call repeats it", async () => {
  const { report, seen } = reportWith();
  report.begin();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(seen.calls).toEqual([{ began_ago_s: 0.2 }]);
  expect(report.facts()).toEqual({});
});

test("output that was taken tells the start, and so does a confirmation before the program", async () => {
  const { report, seen } = reportWith();
  report.begin();
  report.told();
  const confirmed = reportWith({ confirm_start: true });
  confirmed.report.begin();
  await vi.advanceTimersByTimeAsync(5_000);
  expect([seen.calls, confirmed.seen.calls]).toEqual([[], []]);
  expect([report.facts(), confirmed.report.facts()]).toEqual([{}, {}]);
});

test("a refused report ends the attempt, as the run was canceled or is another machine's", async () => {
  const { report, seen } = reportWith({ refuse: true });
  report.begin();
  await vi.advanceTimersByTimeAsync(300);
  expect(seen.refused).toMatchObject([{ code: "attempt_over" }]);
});

test("a report that got no answer before the program ended is left to the finish call", async () => {
  const { report, seen } = reportWith({ lose: true });
  report.begin();
  await vi.advanceTimersByTimeAsync(200);
  report.end();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(seen.calls).toEqual([{ began_ago_s: 0.2 }]);
  expect(report.facts()).toEqual({ began_ago_s: 10.2 });
});
