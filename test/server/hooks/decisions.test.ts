import { describe, expect, test } from "vitest";
import { matchesWildcard } from "../../../protocol/glob.ts";
import { decideGithub } from "../../../server/hooks/github.ts";
import { githubBody } from "./senders.ts";
import { sha, NONE, projectWith, pushed } from "./pushed.ts";

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

test("a rule's stars stand for any characters, however many there are", () => {
  expect(matchesWildcard("*", "feature/a")).toBe(true);
  expect(matchesWildcard("release/*-rc", "release/1/2-rc")).toBe(true);
  expect(matchesWildcard("release/*-rc", "release/1/2-rc1")).toBe(false);
  expect(matchesWildcard("a.c", "abc")).toBe(false);
  expect(matchesWildcard(`${"*a".repeat(100)}b`, "a".repeat(1000))).toBe(false);
});
