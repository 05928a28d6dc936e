import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { RevisionSchema } from "../../../protocol/command.ts";
import { ProjectSettingsSchema } from "../../../protocol/projects.ts";
import { matchesWildcard } from "../../../protocol/glob.ts";
import { decideGeneric } from "../../../server/hooks/generic.ts";
import { decideGithub } from "../../../server/hooks/github.ts";
import { decideGitlab } from "../../../server/hooks/gitlab.ts";
import { githubBody, pushBody } from "./senders.ts";

const sha = (digit: string) => digit.repeat(40);
const NONE = sha("0");

/** A project with these settings, as far as a decision looks at it. */
function projectWith(settings: object = {}) {
  return {
    repository: "https://git.example/ada/app.git",
    settings: v.parse(ProjectSettingsSchema, settings),
  };
}

function pushed(changes: Record<string, unknown>, settings: object = {}) {
  return decideGithub(JSON.parse(pushBody(sha("a"), changes)), "push", projectWith(settings));
}

async function pullRequest(changes: object) {
  const body = JSON.parse(await githubBody("pull-request-opened")) as { pull_request: object };
  const payload = { ...body, ...changes };
  return decideGithub(payload, "pull_request", projectWith({ pull_requests: true }));
}

describe("a push", () => {
  test("is a run at its last commit, in the lane of its ref, with the commits it brought", () => {
    expect(pushed({})).toEqual({
      defaultBranch: "main",
      moved: { ref: "refs/heads/main", before: NONE, after: sha("a") },
      run: {
        trigger: "push",
        revision: { of: "commit", commit: sha("a"), ref: "refs/heads/main" },
        task: { do: "file" },
        stranger: false,
        title: "Change aaaa\n\nIn more words.",
        ref: "refs/heads/main",
        laneOf: "refs/heads/main",
        commits: [
          {
            sha: sha("a"),
            message: "Change aaaa\n\nIn more words.",
            author_name: "Ada Example",
            author_email: "ada@example.org",
            committed_at: "2026-03-01T12:00:00+01:00",
          },
        ],
      },
    });
  });

  test("that moves a branch to a commit which is there already is a run", () => {
    expect(pushed({ commits: [], forced: true, before: sha("b") }).run).toMatchObject({
      revision: { commit: sha("a"), before: sha("b") },
    });
  });

  test("that brings nothing is none", () => {
    expect(pushed({ commits: [], head_commit: null }).ignored).toContain("brought no commit");
    expect(pushed({ before: sha("a") }).ignored).toContain("is where it was");
  });

  test("that deletes a branch is none", () => {
    const deletion = { after: NONE, deleted: true, commits: [], head_commit: null };
    expect(pushed(deletion).ignored).toBe("The branch main was deleted.");
  });

  test("of an annotated tag is a run at the commit that it names", () => {
    const tag = { ref: "refs/tags/v1", after: sha("f"), commits: [] };
    expect(pushed(tag).run).toMatchObject({
      revision: { commit: sha("a"), ref: "refs/tags/v1" },
      ref: "refs/tags/v1",
    });
  });

  test("is left out where the project's rules leave out its branch or tag", () => {
    const rules = { branches: ["main", "release/*"], tags: [] };
    const outcome = (ref: string) => (pushed({ ref }, rules).run ? "run" : "none");
    expect(
      ["main", "release/1.0/a", "feature"].map((name) => outcome(`refs/heads/${name}`)),
    ).toEqual(["run", "run", "none"]);
    expect(outcome("refs/tags/v1")).toBe("none");
  });

  test("whose commits say nothing of their authors is a run all the same", () => {
    const commit = { id: sha("a"), message: "", author: { name: null, email: null } };
    expect(pushed({ commits: [commit], head_commit: commit }).run).toMatchObject({
      title: "aaaaaaaaaaaa on branch main",
    });
  });
});

describe("a push whose head commit asks for no run", () => {
  const commit = (message: string, id = sha("a")) => ({
    ...{ id, message, timestamp: "2026-03-01T12:00:00+01:00" },
    author: { name: "Ada", email: "ada@example.org" },
  });

  test.each([
    ["in its subject", "Release 1.2.0 [skip ci]", "[skip ci]"],
    ["the other way round", "Release 1.2.0 [ci skip]", "[ci skip]"],
    ["in capitals", "[CI SKIP] Release", "[CI SKIP]"],
    ["in its body", "Release\n\nNo tests.\n[no ci]\n", "[no ci]"],
    ["of actions", "Release [skip actions]", "[skip actions]"],
    ["of actions, the other way round", "Release [actions skip]", "[actions skip]"],
    ["as Azure has it", "Release ***NO_CI***", "***NO_CI***"],
  ])("%s is ignored with that reason", (_, message, words) => {
    const ignored = `The head commit's message says ${words}: nothing is run.`;
    const head = commit(message);
    expect(pushed({ commits: [head], head_commit: head }).ignored).toBe(ignored);
    expect(pushed({ ref: "refs/tags/v1", commits: [], head_commit: head }).ignored).toBe(ignored);
  });

  test.each([
    ["an earlier commit does", [commit("Draft [skip ci]", sha("b")), commit("Finish")]],
    ["it only speaks of it", [commit("Skip CI where the message has skip ci")]],
    ["the words have something between", [commit("Teach [skip the ci]")]],
  ])("but not where %s", (_, commits) => {
    expect(pushed({ commits, head_commit: commits.at(-1) }).run).toBeDefined();
  });
});

describe("a pull request", () => {
  test("of the same repository is the project's own work", async () => {
    const { run } = await pullRequest({});
    expect(run).toMatchObject({
      stranger: false,
      task: { do: "file" },
      laneOf: "refs/pull/2/head",
    });
  });

  test.each([
    ["of a fork", { repo: { id: 2 } }],
    ["of a fork that is gone", { repo: null }],
  ])("%s is a stranger's, by the base commit's file", async (_, head) => {
    const { run } = await pullRequest({
      pull_request: {
        title: "Free coins",
        head: { sha: sha("e"), ...head },
        base: { sha: sha("b"), repo: { id: 1 } },
      },
    });
    expect(run).toMatchObject({
      stranger: true,
      task: { do: "file", file_from: sha("b") },
      revision: { commit: sha("e"), ref: "refs/pull/2/head", before: sha("b") },
    });
  });

  test("is a run again when commits were pushed to it, and at nothing else", async () => {
    expect((await pullRequest({ action: "synchronize" })).run).toBeDefined();
    expect((await pullRequest({ action: "closed" })).ignored).toContain("was closed");
    expect((await pullRequest({ action: "labeled" })).ignored).toContain("brings no commits");
  });
});

describe("GitLab", () => {
  const push = {
    object_kind: "push",
    ref: "refs/heads/main",
    before: sha("b"),
    after: sha("a"),
    checkout_sha: sha("a"),
    project: { default_branch: "main" },
    commits: [
      {
        id: sha("a"),
        message: "Fix the totals",
        timestamp: "2026-03-01T12:00:00+01:00",
        author: { name: "Ada", email: "ada@example.org" },
      },
    ],
  };
  const request = (changes: object) => ({
    object_kind: "merge_request",
    project: { default_branch: "main" },
    object_attributes: {
      iid: 7,
      action: "open",
      title: "Fix the totals",
      source_project_id: 1,
      target_project_id: 1,
      target_branch: "main",
      last_commit: push.commits[0],
      ...changes,
    },
  });
  const decide = (event: string, payload: unknown) =>
    decideGitlab(payload, event, projectWith({ pull_requests: true }));

  test("pushes are runs", () => {
    expect(decide("push", push)).toMatchObject({
      defaultBranch: "main",
      run: { title: "Fix the totals", revision: { commit: sha("a") } },
    });
  });

  test("pushes and merge requests whose head commit says [skip ci] are ignored", () => {
    const last = { ...push.commits[0]!, message: "Fix the totals [Skip CI]" };
    const ignored = "The head commit's message says [Skip CI]: nothing is run.";
    expect(decide("push", { ...push, commits: [last] }).ignored).toBe(ignored);
    expect(decide("merge_request", request({ last_commit: last })).ignored).toBe(ignored);
  });

  test("annotated tags are runs at their commit, deletions are none", () => {
    const tag = { ...push, ref: "refs/tags/v1", after: sha("f"), commits: [] };
    expect(decide("tag_push", tag).run).toMatchObject({ revision: { commit: sha("a") } });
    const deleted = { ...push, after: NONE, checkout_sha: null, commits: [] };
    expect(decide("push", deleted).ignored).toContain("was deleted");
  });

  test("merge requests are runs where they bring commits, those of forks as strangers", () => {
    expect(decide("merge_request", request({})).run).toMatchObject({
      stranger: false,
      ref: "refs/merge-requests/7/head",
    });
    expect(decide("merge_request", request({ action: "update" })).ignored).toBeDefined();
    expect(
      decide("merge_request", request({ action: "update", oldrev: sha("c") })).run,
    ).toBeDefined();
    expect(decide("merge_request", request({ source_project_id: 2 })).run).toMatchObject({
      stranger: true,
      fileFromTipOf: "refs/heads/main",
    });
  });
});

describe("a signed hook of anybody's", () => {
  const decide = (data: object, settings: object = {}) =>
    decideGeneric({ type: "push", data }, "push", projectWith(settings));

  test("names a branch or tag, and a commit where it knows one", () => {
    expect(decide({ ref: "main" }).run).toMatchObject({
      revision: { of: "ref", ref: "refs/heads/main" },
      title: "branch main",
    });
    expect(decide({ ref: "refs/tags/v1", commit: sha("a"), title: "Nightly" }).run).toMatchObject({
      revision: { of: "commit", commit: sha("a"), ref: "refs/tags/v1" },
      title: "Nightly",
    });
  });

  test("is held to the project's rules and to what git takes as a name", () => {
    expect(decide({ ref: "main" }, { branches: ["next"] }).ignored).toContain(
      "leave branch main out",
    );
    expect(decide({ ref: "a..b" }).ignored).toContain("data.ref");
    expect(decide({ ref: "refs/remotes/x" }).ignored).toContain("data.ref");
    expect(decide({}).ignored).toContain("data.ref");
  });
});

test("a rule's stars stand for any characters, however many there are", () => {
  expect(matchesWildcard("*", "feature/a")).toBe(true);
  expect(matchesWildcard("release/*-rc", "release/1/2-rc")).toBe(true);
  expect(matchesWildcard("release/*-rc", "release/1/2-rc1")).toBe(false);
  expect(matchesWildcard("a.c", "abc")).toBe(false);
  expect(matchesWildcard(`${"*a".repeat(100)}b`, "a".repeat(1000))).toBe(false);
});

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
