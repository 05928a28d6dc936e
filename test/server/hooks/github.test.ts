import { randomUUID } from "node:crypto";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { paths } from "../../../protocol/paths.ts";
import type { ProjectView } from "../../../protocol/projects.ts";
import type { DeliveryView } from "../../../protocol/deliveries.ts";
import { makeProject, SLUG } from "../projects/project.ts";
import { codeOf, startSystem } from "../system.ts";
import { answerOf, githubBody, pushBody, sendersTo } from "./senders.ts";

const sha = (digit: string) => digit.repeat(40);

async function stage(request: Record<string, unknown> = {}) {
  const system = await startSystem();
  const project = await makeProject(system, request);
  return { system, project, ...sendersTo(system, project) };
}

describe("what GitHub really sends", () => {
  test("a ping is answered and makes no run", async () => {
    const { github, project } = await stage();
    const answer = await answerOf(await github(await githubBody("ping"), { event: "ping" }));
    expect(answer).toMatchObject({ outcome: "ignored", detail: expect.stringContaining("works") });
    expect(await project.runs()).toEqual([]);
  });

  test("a push makes a run at its commit, and says what the default branch is", async () => {
    const { github, project } = await stage();
    const answer = await answerOf(await github(await githubBody("push-new-branch")));
    expect(answer).toMatchObject({ outcome: "run", run: expect.any(String) });
    expect(await project.runs()).toMatchObject([
      {
        id: answer.run,
        trigger: "push",
        ref: "refs/heads/master",
        commit: "6113728f27ae82c7b1a177c8d03f9e96e0adf246",
        state: expect.stringMatching(/queued|waking/),
      },
    ]);
    const view = (await (await project.call("GET", paths.project(SLUG))).json()) as ProjectView;
    expect(view.default_branch).toBe("master");
    expect(view.last_run?.id).toBe(answer.run);
  });

  test("a tag that was deleted makes no run", async () => {
    const { github, project } = await stage();
    const answer = await answerOf(await github(await githubBody("push-tag-deleted")));
    expect(answer).toMatchObject({
      outcome: "ignored",
      detail: "The tag simple-tag was deleted.",
    });
    expect(await project.runs()).toEqual([]);
  });

  test("a pull request makes a run where the project asks for that", async () => {
    const body = await githubBody("pull-request-opened");
    const reserved = await stage();
    const ignored = await answerOf(await reserved.github(body, { event: "pull_request" }));
    expect(ignored.outcome).toBe("ignored");

    const open = await stage({ settings: { pull_requests: true } });
    const answer = await answerOf(await open.github(body, { event: "pull_request" }));
    const detail = "It made a run at ec26c3e57ca3, pull request 2.";
    expect(answer).toMatchObject({ outcome: "run", detail });
    expect(await open.project.runs()).toMatchObject([
      {
        trigger: "pull_request",
        title: "Update the README with new information.",
        ref: "refs/pull/2/head",
        commit: "ec26c3e57ca3a959ca5aad62de7213c562f8c821",
      },
    ]);
  });

  test("a stranger's first pull request waits for an approval, which holds for the next", async () => {
    const opened = JSON.parse(await githubBody("pull-request-opened"));
    const from = (user: object, commit: string) => {
      const { pull_request: request } = opened;
      const head = { ...request.head, sha: sha(commit), repo: { id: 99 } };
      return JSON.stringify({ ...opened, pull_request: { ...request, head, user } });
    };
    const { github, project } = await stage({
      settings: { pull_requests: true, approve_strangers: true },
    });
    const send = async (user: object, commit: string) =>
      answerOf(await github(from(user, commit), { event: "pull_request" }));
    const eve = { id: 7, login: "eve" };
    const held = await send(eve, "a");
    expect(held).toMatchObject({
      outcome: "held",
      detail: expect.stringMatching(/^eve's first pull request waits for approval: /),
    });
    expect(await project.runs()).toEqual([]);
    const path = paths.approveDelivery(SLUG, held.delivery);
    const approved = await project.call("POST", path);
    expect(approved.status).toBe(202);
    expect(await approved.json()).toMatchObject({ outcome: "run", replay_of: held.delivery });
    expect(await send({ id: 7, login: "eve-renamed" }, "b")).toMatchObject({ outcome: "run" });
    expect(await send({ id: 8, login: "eve" }, "c")).toMatchObject({ outcome: "held" });
    const nobody = await send({}, "d");
    expect(nobody.outcome).toBe("ignored");
  });

  test("a newer push cancels the older ones of its branch, where the project wants that", async () => {
    const { github, project } = await stage({ settings: { cancel_outdated: true } });
    const push = async (commit: string, ref = "refs/heads/main") =>
      (await answerOf(await github(pushBody(sha(commit), { ref })))).run!;
    const [first, other] = [await push("a"), await push("b", "refs/heads/other")];
    const second = await push("c");
    const states = Object.fromEntries(
      (await project.runs()).map(({ id, state, canceled_by }) => [id, [state, canceled_by?.name]]),
    );
    const waits = [expect.stringMatching(/queued|waking/), undefined];
    expect(states).toEqual({ [first]: ["canceled", "github"], [other]: waits, [second]: waits });
    const view = await (await project.call("GET", paths.run(first))).json();
    expect(view).toMatchObject({ ending: { reason: { code: "newer_push" } } });
  });

  test("a form with the payload in it is a push as well", async () => {
    const { github } = await stage();
    const body = new URLSearchParams({ payload: pushBody(sha("a")) }).toString();
    const type = "application/x-www-form-urlencoded";
    expect(await answerOf(await github(body, { type }))).toMatchObject({ outcome: "run" });
  });
});

describe("a delivery", () => {
  test("is stored whole, without what proves who sent it", async () => {
    const { github, project } = await stage();
    const body = await githubBody("ping");
    const id = randomUUID();
    const { delivery } = await answerOf(await github(body, { event: "ping", id }));
    const response = await project.call("GET", paths.delivery(SLUG, delivery));
    const whole = (await response.json()) as DeliveryView;
    expect(whole).toMatchObject({ event: "ping", delivery_id: id, body, outcome: "ignored" });
    expect(whole.headers).toMatchObject({ "x-github-event": "ping" });
    expect(JSON.stringify(whole.headers)).not.toContain("sha256=");
  });

  test("of which not all can be understood is stored and ignored", async () => {
    const { github } = await stage();
    const outcomes = [
      await answerOf(await github("{")),
      await answerOf(await github("[]")),
      await answerOf(await github(pushBody("refs/heads/x; rm -rf /"))),
      await answerOf(await github(pushBody(sha("a"), { ref: "refs/heads/../../etc" }))),
      await answerOf(await github(pushBody(sha("a"), { ref: "--upload-pack=touch /tmp/x" }))),
      await answerOf(await github("{}", { event: "workflow_run" })),
    ];
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(Array(6).fill("ignored"));
    expect(outcomes[5]!.detail).toContain("workflow_run");
  });

  test("that is sent again makes no second run, by its id or by its body", async () => {
    const { github, project } = await stage();
    const id = randomUUID();
    const first = await answerOf(await github(pushBody(sha("a")), { id }));
    const again = await answerOf(await github(pushBody(sha("a")), { id }));
    const sameBody = await answerOf(await github(pushBody(sha("a"))));
    const sameId = await answerOf(await github(pushBody(sha("b")), { id }));
    for (const one of [again, sameBody, sameId]) {
      expect(one).toMatchObject({ outcome: "duplicate", run: first.run });
    }
    expect(await project.runs()).toHaveLength(1);
  });

  test("with the body of another is one of its own after an hour, unless its id is the same", async () => {
    const { github, project } = await stage();
    const id = randomUUID();
    await answerOf(await github(pushBody(sha("a")), { id }));
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 61 * 60_000 });
    onTestFinished(() => void vi.useRealTimers());
    const outcomes = [
      await answerOf(await github(pushBody(sha("a")), { id })),
      await answerOf(await github(pushBody(sha("a")))),
    ];
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(["duplicate", "run"]);
    expect(await project.runs()).toHaveLength(2);
  });

  test("that comes many times at once makes one run", async () => {
    const { github, project } = await stage();
    const id = randomUUID();
    const answers = await Promise.all(
      Array.from({ length: 8 }, async () => answerOf(await github(pushBody(sha("a")), { id }))),
    );
    expect(answers.filter(({ outcome }) => outcome === "run")).toHaveLength(1);
    expect(new Set(answers.map(({ run }) => run)).size).toBe(1);
    expect(await project.runs()).toHaveLength(1);
  });

  test("is replayed by who may act, as a run of its own", async () => {
    const { github, project, system } = await stage();
    const first = await answerOf(await github(pushBody(sha("a"))));
    const path = paths.replay(SLUG, first.delivery);
    expect(await codeOf(await system.call("POST", path))).toBe("token_missing");
    const replayed = await (await project.call("POST", path)).json();
    expect(replayed).toMatchObject({ outcome: "run", replay_of: first.delivery });
    expect(replayed).not.toMatchObject({ run: first.run });
    expect((await project.runs()).map(({ trigger }) => trigger)).toEqual(["replay", "push"]);

    const ping = await answerOf(await github("{}", { event: "ping" }));
    const refused = await project.call("POST", paths.replay(SLUG, ping.delivery));
    expect(await codeOf(refused)).toBe("delivery_not_replayable");
  });

  test("that was ignored is decided on anew when it is sent again", async () => {
    const { github, project } = await stage({ settings: { branches: ["release/*"] } });
    const id = randomUUID();
    expect(await answerOf(await github(pushBody(sha("a")), { id }))).toMatchObject({
      outcome: "ignored",
      detail: "The project's rules leave branch main out: its branches are release/*.",
    });
    await project.call("PATCH", paths.project(SLUG), { settings: { branches: ["*"] } });
    expect(await answerOf(await github(pushBody(sha("a")), { id }))).toMatchObject({
      outcome: "run",
    });
  });

  test("is listed, newest first, a page at a time", async () => {
    const { github, project } = await stage();
    const sent = [];
    for (const digit of ["a", "b", "c"]) {
      sent.unshift((await answerOf(await github(pushBody(sha(digit))))).delivery);
    }
    const list = async (query: string) => {
      const response = await project.call("GET", `${paths.deliveries(SLUG)}?${query}`);
      return ((await response.json()) as { deliveries: { id: string }[] }).deliveries.map(
        ({ id }) => id,
      );
    };
    expect(await list("")).toEqual(sent);
    expect(await list("limit=2")).toEqual(sent.slice(0, 2));
    expect(await list(`limit=2&before=${sent[1]}`)).toEqual(sent.slice(2));
  });
});

describe("who does not know the secret", () => {
  test("is refused before anything is parsed or stored", async () => {
    const { github, post, project } = await stage();
    const body = pushBody(sha("a"));
    expect(await codeOf(await post("github", body, {}))).toBe("hook_signature_missing");
    expect(await codeOf(await github(body, { secret: "a guess" }))).toBe("hook_signature_wrong");
    const headers = { "x-hub-signature-256": "sha256=" };
    expect(await codeOf(await github("{", { headers }))).toBe("hook_signature_wrong");
    const response = await project.call("GET", paths.deliveries(SLUG));
    const { deliveries, refused } = (await response.json()) as {
      deliveries: unknown[];
      refused: unknown[];
    };
    expect(deliveries).toEqual([]);
    // The owner sees that somebody tried, and nothing of what was sent.
    expect(refused).toMatchObject([
      { provider: "github", code: "hook_signature_wrong", count: 2 },
      { provider: "github", code: "hook_signature_missing", count: 1 },
    ]);
  });

  test("learns nothing of hooks that are not there", async () => {
    const { system } = await stage();
    const path = paths.hook("github", "0".repeat(26));
    expect(await codeOf(await system.call("POST", path, "{}"))).toBe("hook_not_found");
    expect(await codeOf(await system.call("POST", paths.hook("bitbucket", "x"), "{}"))).toBe(
      "not_found",
    );
  });

  test("is not let in by the old secret once it was renewed", async () => {
    const { github, project } = await stage();
    const change = { renew_hook_secret: true };
    const response = await project.call("PATCH", paths.project(SLUG), change);
    const { hook_secret: renewed } = (await response.json()) as ProjectView;
    expect(await codeOf(await github(pushBody(sha("a"))))).toBe("hook_signature_wrong");
    expect((await github(pushBody(sha("a")), { secret: renewed! })).status).toBe(202);
  });

  test("a body over GitHub's own limit is refused", async () => {
    const { github } = await stage();
    const response = await github(`"${"x".repeat(25 * 1024 * 1024)}"`);
    expect(await codeOf(response)).toBe("body_too_large");
  });
});
