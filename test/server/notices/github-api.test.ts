import { expect, test } from "vitest";
import { createStatusSender } from "../../../server/notices/channels/status-calls.ts";
import { startGitHubApi } from "../../services/github-api.ts";
import type { ReceiverAnswer } from "../../services/receiver.ts";

const MINUTE = 60_000;
const SHA = "a".repeat(40);
const BODY = JSON.stringify({ state: "success", context: "deferred-runner" });

/** GitHub with `failures` before its own answers, and a sender whose clock the test sets. */
async function stage(...failures: ReceiverAnswer[]) {
  const gitHub = await startGitHubApi({ token: "ghp_one", repository: "acme/site", failures });
  const clock = { at: Date.UTC(2026, 0, 1) };
  const sender = createStatusSender(() => clock.at);
  const send = (more: { token?: string; name?: string } = {}) =>
    sender({
      ...{ api: gitHub.url, token: "ghp_one", name: "acme/site", commit: SHA, body: BODY },
      signal: new AbortController().signal,
      ...more,
    });
  return { gitHub, clock, send };
}

test.each<[string, ReceiverAnswer, number]>([
  [
    "without a time, for a minute",
    {
      status: 403,
      headers: { "x-ratelimit-remaining": "4990" },
      body: {
        message:
          "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
      },
    },
    MINUTE,
  ],
  ["with a time", { status: 403, headers: { "retry-after": "120" }, body: {} }, 2 * MINUTE],
  ["as 429 without a time", { status: 429, body: { message: "Too many requests" } }, MINUTE],
])("a secondary limit is waited out %s, by every status of that token", async (_, limit, ms) => {
  const { gitHub, clock, send } = await stage(limit);
  expect(await send()).toMatchObject({ kind: "again", afterMs: ms });
  clock.at += ms - 1;
  expect(await send()).toMatchObject({ kind: "again", afterMs: 1 });
  expect(gitHub.calls).toHaveLength(1);
  expect((await send({ token: "ghp_other" })).kind).toBe("never");
  clock.at += 1;
  expect(await send()).toMatchObject({ kind: "sent" });
});

test("no token is used more than 80 times a minute", async () => {
  const { gitHub, clock, send } = await stage();
  for (let call = 0; call < 80; call++) expect((await send()).kind).toBe("sent");
  clock.at += 20_000;
  expect(await send()).toMatchObject({ kind: "again", afterMs: 40_000 });
  expect(gitHub.calls).toHaveLength(80);
  clock.at += 40_000;
  expect((await send()).kind).toBe("sent");
});

test.each([301, 307, 308])(
  "a renamed repository is followed by a %i to its id, and told",
  async (status) => {
    const { gitHub, send } = await stage();
    const location = `${gitHub.url}/repos/acme/site/statuses/${SHA}`;
    gitHub.failures.push({ status, headers: { location }, body: { message: "Moved Permanently" } });
    const outcome = await send({ name: "acme/old-name" });
    expect(outcome.kind).toBe("sent");
    expect(outcome.answer).toContain("deferred projects set --repo");
    expect(gitHub.calls.map(({ method }) => method)).toEqual(["POST", "POST"]);
    expect(gitHub.statuses).toMatchObject([{ sha: SHA, state: "success" }]);
  },
);

test("no redirect takes the token to another host, and none is followed for ever", async () => {
  const { gitHub, send } = await stage();
  const elsewhere = await stage();
  gitHub.failures.push({ status: 307, headers: { location: elsewhere.gitHub.url }, body: {} });
  const outcome = await send();
  expect(outcome.kind).toBe("never");
  expect(outcome.answer).toContain("deferred projects set --repo");
  expect(elsewhere.gitHub.calls).toEqual([]);
  const location = `${gitHub.url}/repositories/1/statuses/${SHA}`;
  const circle = { status: 307, headers: { location }, body: {} };
  gitHub.failures.push(...Array.from({ length: 20 }, () => circle));
  expect((await send()).kind).toBe("never");
  expect(gitHub.calls.length).toBeLessThan(8);
});

test("an organization's list of allowed addresses is named", async () => {
  const message =
    "Although you appear to have the correct authorization credentials, the `acme` organization has an IP allow list enabled, and your IP address is not permitted to access this resource.";
  const { send } = await stage({ status: 403, body: { message } });
  const outcome = await send();
  expect(outcome.kind).toBe("never");
  expect(outcome.answer).toContain("allow the server's address");
});
