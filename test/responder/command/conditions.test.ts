import { expect, test } from "vitest";
import { stepEvent, unmetCondition } from "../../../responder/command/conditions.ts";
import type { StepConditions } from "../../../responder/project-file/project-file.ts";

const PUSH = { event: "push", branch: "main", changed: ["src/a/b.ts", "README.md"] } as const;

test.each<[StepConditions, object, string | undefined]>([
  [{}, {}, undefined],
  [{ branch: ["release/*", "ma*"] }, {}, undefined],
  [{ branch: ["release/*"] }, {}, "it runs on release/*, and this is main"],
  [{ branch: ["*"] }, { branch: undefined }, "it runs on *, and this run is on no branch"],
  [{ event: ["tag", "push"] }, {}, undefined],
  [{ event: ["schedule"] }, {}, "it runs for schedule, and this is push"],
  [{ path: ["src"] }, {}, undefined],
  [{ path: ["src/**/*.ts"] }, {}, undefined],
  [{ path: ["README.md/x", "docs", "sr"] }, {}, "no file of README.md/x, docs, sr was changed"],
  [{ path: ["docs"] }, { changed: undefined }, undefined],
  [{ path: ["docs"] }, { changed: [] }, "no file of docs was changed"],
  [{ branch: ["main"], path: ["docs"] }, {}, "no file of docs was changed"],
])("%j on %j", (conditions, facts, why) => {
  expect(unmetCondition(conditions, { ...PUSH, ...facts })).toBe(why);
});

test.each([
  ["push", "refs/heads/main", "push"],
  ["push", "refs/tags/v1", "tag"],
  ["pull_request", "refs/pull/7/head", "pull_request"],
  ["replay", "refs/pull/7/head", "pull_request"],
  ["replay", "refs/tags/v1", "tag"],
  ["replay", undefined, "push"],
  ["schedule", "refs/heads/main", "schedule"],
  ["exec", "refs/heads/main", "manual"],
] as const)("%s of %s is the event %s", (trigger, ref, event) => {
  expect(stepEvent(trigger, ref)).toBe(event);
});
