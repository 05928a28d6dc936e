import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Assignment } from "../../../protocol/responder.ts";
import { createLineTrial } from "../../../responder/agent/line-trial.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A trial, in which each claim has one line: with a run, or none, so long on its way, with the answer open after it. */
function startTrial() {
  const trial = createLineTrial();
  const claim = ({ runs = 0, lateMs = 0, openMs = 0 } = {}) => {
    trial.begin();
    const given = Array.from({ length: runs }, () => ({}) as Assignment);
    trial.came({ runs: given, leasedAt: performance.now() - lateMs });
    vi.advanceTimersByTime(openMs);
    trial.ended();
  };
  return { trial, claim };
}

test("lines are tried by the second claim, and on trial until an answer stayed open after its first line", () => {
  const { trial, claim } = startTrial();
  expect(trial.mayLine()).toBe(false);
  trial.begin();
  trial.ended();
  claim({ runs: 1 });
  expect([trial.mayLine(), trial.isTrial()]).toEqual([true, true]);
  claim({ openMs: 5_000 });
  expect([trial.mayLine(), trial.isTrial()]).toEqual([true, false]);
});

test("lines are given up where a proxy that came in between delays runs, and not for late news of none", () => {
  const { trial, claim } = startTrial();
  claim();
  claim({ openMs: 5_000 });
  claim({ lateMs: 15_000 });
  expect(trial.mayLine()).toBe(true);
  claim({ runs: 1, lateMs: 15_000, openMs: 5_000 });
  expect(trial.mayLine()).toBe(false);
});
