import { describe, expect, test } from "vitest";
import { makeProject } from "../projects/project.ts";
import { codeOf, startSystem } from "../system.ts";
import { answerOf, sendersTo } from "./senders.ts";

const generic = JSON.stringify({ type: "push", data: { ref: "main" } });
const gitlab = JSON.stringify({
  object_kind: "push",
  ref: "refs/heads/main",
  after: "a".repeat(40),
  checkout_sha: "a".repeat(40),
  commits: [],
  project: { default_branch: "main" },
});

async function stage(request: Record<string, unknown> = {}) {
  const system = await startSystem();
  const project = await makeProject(system, request);
  return { project, ...sendersTo(system, project) };
}

describe("Standard Webhooks", () => {
  test("a message signed by their package makes a run, and once however often it is sent", async () => {
    const { standard, project } = await stage();
    const first = await answerOf(await standard("generic", generic, new Date(), "msg_1"));
    expect(first.outcome).toBe("run");
    expect(await answerOf(await standard("generic", generic, new Date(), "msg_1"))).toMatchObject({
      outcome: "duplicate",
      run: first.run,
    });
    expect(await project.runs()).toHaveLength(1);
  });

  test("the same body is the same delivery where it names a commit, else it asks for the tip anew", async () => {
    const { standard } = await stage();
    const data = { ref: "main", commit: "a".repeat(40) };
    const named = JSON.stringify({ type: "push", data });
    const outcome = async (body: string) =>
      (await answerOf(await standard("generic", body))).outcome;
    expect([await outcome(named), await outcome(named)]).toEqual(["run", "duplicate"]);
    expect([await outcome(generic), await outcome(generic)]).toEqual(["run", "run"]);
  });

  test("a message that was signed long ago, or for later, is refused", async () => {
    const { standard } = await stage();
    for (const minutes of [-6, 6]) {
      const at = new Date(Date.now() + minutes * 60_000);
      expect(await codeOf(await standard("generic", generic, at))).toBe("hook_signature_wrong");
    }
  });

  test("another body, secret or version of the signature is refused", async () => {
    const { post, standard } = await stage();
    const response = await standard("generic", generic);
    expect(response.status).toBe(202);
    const seconds = String(Math.floor(Date.now() / 1000));
    for (const signature of ["", "v1,", "v2,AAAA", `v1,${btoa("x".repeat(32))}`]) {
      const headers = {
        "webhook-id": "msg_2",
        "webhook-timestamp": seconds,
        "webhook-signature": signature,
      };
      expect(await codeOf(await post("generic", generic, headers))).toBe("hook_signature_wrong");
    }
    expect(await codeOf(await post("generic", generic, {}))).toBe("hook_signature_missing");
  });
});

describe("GitLab", () => {
  test("is known by its secret token", async () => {
    const { gitlab: send } = await stage();
    expect(await answerOf(await send(gitlab))).toMatchObject({ outcome: "run" });
    const wrong = await send(gitlab, { "x-gitlab-token": "a guess" });
    expect(await codeOf(wrong)).toBe("hook_signature_wrong");
  });

  test("is known by its signing token, and then by nothing less", async () => {
    const { standard, gitlab: send } = await stage();
    expect(await answerOf(await standard("gitlab", gitlab))).toMatchObject({ outcome: "run" });
    const both = await send(gitlab, { "webhook-signature": "v1,AAAA" });
    expect(await codeOf(both)).toBe("hook_signature_wrong");
  });

  test("a fork's work is done by the file that was pushed to the branch it is for", async () => {
    const { gitlab: send, project } = await stage({ settings: { pull_requests: true } });
    const request = JSON.stringify({
      object_kind: "merge_request",
      project: { default_branch: "main" },
      object_attributes: {
        iid: 7,
        action: "open",
        title: "From outside",
        source_project_id: 2,
        target_project_id: 1,
        target_branch: "main",
        last_commit: { id: "e".repeat(40), message: "Free coins" },
      },
    });
    const early = await answerOf(await send(request));
    expect(early).toMatchObject({
      outcome: "ignored",
      detail: expect.stringContaining("has not been pushed"),
    });
    await answerOf(await send(gitlab));
    expect(await answerOf(await send(request))).toMatchObject({ outcome: "run" });
    expect(await project.runs()).toMatchObject([{ title: "From outside" }, { trigger: "push" }]);
  });
});
