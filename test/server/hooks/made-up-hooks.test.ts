import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { RevisionSchema } from "../../../protocol/command.ts";
import { decideGeneric } from "../../../server/hooks/generic.ts";
import { decideGithub } from "../../../server/hooks/github.ts";
import { decideGitlab } from "../../../server/hooks/gitlab.ts";
import { projectWith, pushed } from "./pushed.ts";

describe("whatever a sender makes up", () => {
  test("is decided on: a run or a reason", () => {
    const events = ["push", "pull_request", "tag_push", "merge_request"];
    const decide = fc.constantFrom(decideGithub, decideGitlab, decideGeneric);
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(...events), decide, (payload, event, by) => {
        const decision = by(payload, event, projectWith({ pull_requests: true }));
        expect(decision.run ?? decision.ignored).toBeTruthy();
      }),
    );
  });

  test("becomes a run at no name that git itself would refuse", () => {
    const part = fc.constantFrom(
      "a",
      "-",
      ".",
      "..",
      "/",
      "@",
      "@{",
      ".lock",
      "~",
      "*",
      " ",
      "\n",
      "é",
    );
    const name = fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => parts.join(""));
    const taken = fc
      .sample(name, { numRuns: 400, seed: 4 })
      .map((one) => `refs/heads/${one}`)
      .filter((ref) => pushed({ ref }).run);
    expect(taken.length).toBeGreaterThan(20);
    const refused = taken.slice(0, 60).filter((ref) => {
      const { status } = spawnSync("git", ["check-ref-format", ref]);
      return status !== 0;
    });
    expect(refused).toEqual([]);
  });
});

test("a name that git takes is one that machines take, however odd", () => {
  for (const name of ["a\u00a0b", "a\u2028b", "-a", `${"x".repeat(240)}/`.repeat(4) + "x"]) {
    const ref = `refs/heads/${name}`;
    expect(spawnSync("git", ["check-ref-format", ref]).status, name).toBe(0);
    expect(v.is(RevisionSchema, pushed({ ref }).run?.revision), name).toBe(true);
  }
});

test("every body that GitHub sent before is decided on without a mistake in it", async () => {
  const folder = join(import.meta.dirname, "../../fixtures/github");
  const events = {
    "ping.json": "ping",
    "push-new-branch.json": "push",
    "push-tag-deleted.json": "push",
    "pull-request-opened.json": "pull_request",
  };
  for (const [file, event] of Object.entries(events)) {
    const payload: unknown = JSON.parse(await readFile(join(folder, file), "utf8"));
    const decision = decideGithub(payload, event, projectWith({ pull_requests: true }));
    expect(decision.ignored ?? "", file).not.toContain("does not have the form");
  }
});
