import { expect, test } from "vitest";
import type { RunEvent } from "../../protocol/events.ts";
import { wholeLines } from "../../protocol/whole-lines.ts";

test("few unfinished lines are retained, however many steps a machine names", () => {
  const lines = wholeLines();
  const facts = { run: "r", id: 1, at: "2026-12-01T00:00:00Z" };
  const passed: RunEvent[] = [];
  for (let step = 1; step <= 1000; step++) {
    passed.push(...lines({ ...facts, type: "output", stream: "stdout", text: `${step}`, step }));
  }
  const steps = passed.map((event) => (event.type === "output" ? event.step : undefined));
  expect(steps).toEqual(Array.from({ length: 936 }, (_, index) => index + 1));
  const end = { exit_code: 0, signal: null, ran_s: 1 } as const;
  const last = lines({ ...facts, type: "step_ended", step: 1000, ...end });
  expect(last.map(({ type }) => type)).toEqual(["output", "step_ended"]);
});
