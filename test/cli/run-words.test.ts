import { expect, test } from "vitest";
import type { RunEvent } from "../../protocol/events.ts";
import { statusText } from "../../cli/run/words.ts";

const at = "2026-01-01T00:00:00Z";
const waking: RunEvent & { type: "waking" } = {
  type: "waking",
  run: "r1",
  id: 2,
  at,
  since: at,
  phase: "booting",
  usual: { p50_s: 14, p90_s: 22, wakes: 9 },
};
const saidOf = (event: RunEvent) => (now: number) => statusText(event, 0)!(now);

test("the status line tells the usual time of a wake, and when it is past it", () => {
  const said = saidOf(waking);
  expect(said(1000)).toContain("waking one 1.0 s. Booting. This usually takes 14 to 22 s.");
  expect(said(15_000)).toContain(
    "15 s. Booting. Longer than usual; 9 in 10 wakes take 22 s or less.",
  );
  expect(said(23_000)).toContain("23 s. Booting. Still waking: longer than 9 in 10 wakes.");
});

test("the status line names the step under way and what is tried next", () => {
  const step = { number: 3, of: 5, name: "installing Ruby" };
  const said = saidOf({ ...waking, phase: "setting_up", step, next: "Another is started once." });
  expect(said(0)).toContain("0.0 s. Setting up 3/5: installing Ruby.");
  expect(said(0)).toMatch(/\. Another is started once\.$/);
});

test("the status line tells the place in line, as soon as it is known", () => {
  let place: string | undefined;
  const queued: RunEvent = { type: "queued", run: "r1", id: 1, at };
  const said = statusText(queued, 0, () => place)!;
  expect(said(1000)).toBe("Waiting… 1.0 s");
  place = "Number 4 in line.";
  expect(said(2000)).toBe("Waiting… 2.0 s. Number 4 in line.");
  expect(statusText(waking, 0, () => place)!(1000)).toMatch(/22 s\. Number 4 in line\.$/);
});
