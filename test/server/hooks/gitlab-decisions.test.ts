import { describe, expect, test } from "vitest";
import { decideGeneric } from "../../../server/hooks/generic.ts";
import { decideGitlab } from "../../../server/hooks/gitlab.ts";
import { sha, NONE, projectWith } from "./pushed.ts";

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
