import { expect, test } from "vitest";
import type { StoredCommand } from "../../../protocol/command.ts";
import { commandLimits } from "../../../protocol/limits.ts";
import { orderAgain } from "../../../server/commands/again.ts";
import { passesTakenOver } from "../../../server/commands/taken-over.ts";
import { toJson } from "../../../server/database/json.ts";
import type { StepView } from "../../../server/runs/log-steps.ts";

const SHA = "a".repeat(40);
const row = (work: Partial<StoredCommand>, more: object = {}) => ({
  project: "ada/app",
  work: toJson<StoredCommand>({
    ...{ kind: "command", runtime: "bash", project: "ada/app", trigger: "push", stranger: false },
    revision: { of: "ref" },
    task: { do: "file" },
    limits: commandLimits(60),
    ...work,
  }),
  ...{ title: "Moves", ref: "refs/heads/main", lane: null, repeatable: 1 },
  ...more,
});

test.each([
  [{ of: "ref", ref: "main" }, [SHA], { of: "commit", commit: SHA, ref: "refs/heads/main" }],
  [{ of: "ref" }, [], { of: "ref" }],
  [{ of: "history", days: 3 }, [SHA], { of: "commits", commits: [SHA] }],
  [{ of: "commit", commit: SHA }, ["b".repeat(40)], { of: "commit", commit: SHA }],
] as const)("a run of %j is run again at its own commits", (revision, commits, wanted) => {
  expect(orderAgain(row({ revision }), commits).revision).toEqual(wanted);
});

test("what a run was stays: a stranger's, its lane, its limits, and whether it may be retried", () => {
  const more = { lane: "ada/app schedule 0", repeatable: 0 };
  const order = orderAgain(row({ stranger: true, trigger: "pull_request" }, more), [SHA]);
  expect(order).toMatchObject({
    ...{ stranger: true, trigger: "pull_request", laneOf: "schedule 0" },
    ...{ wallS: 60, retry: "never", title: "Moves", ref: "refs/heads/main" },
  });
});

test("a push that is run again counts for its branch", () => {
  expect(orderAgain(row({ trigger: "push" }), []).trigger).toBe("replay");
  expect(orderAgain(row({ trigger: "exec" }), []).trigger).toBe("exec");
});

const step = (pass: number | undefined, exitCode: number | null, outcome?: "ignored" | "skipped") =>
  ({
    ...{ step: 1, kind: "command", name: "", commit: undefined, pass, startedAt: 0 },
    ended: { exitCode, signal: null, ranS: 1, ...(outcome && { outcome }) },
  }) satisfies StepView;

test.each([
  ["passes whose steps all went well are taken over", [1, 3], "failed", 1],
  ["the pass that was interrupted is not", [1], "timed_out", null],
  ["of a run that succeeded nothing is", [], "succeeded", 0],
] as const)("%s", (_, passes, state, exit_code) => {
  const steps = [step(undefined, 0), step(1, 0), step(1, 1, "ignored"), step(2, 1), step(3, 0)];
  const run = { id: "r2", takenOver: [], ending: { state, exit_code } };
  expect(passesTakenOver(run, steps)).toEqual(passes.map((pass) => ({ pass, run: "r2" })));
});

test("what was taken over stays with the run where it went well", () => {
  const takenOver = [{ pass: 1, run: "r1" }];
  const run = { id: "r2", takenOver, ending: { state: "failed", exit_code: 1 } as const };
  expect(passesTakenOver(run, [step(1, 0, "skipped"), step(2, 1)])).toEqual(takenOver);
});
