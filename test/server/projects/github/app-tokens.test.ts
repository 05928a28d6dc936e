import { generateKeyPairSync } from "node:crypto";
import { expect, test } from "vitest";
import { GitHubAppError } from "../../../../server/projects/github/app-error.ts";
import { createAppTokens } from "../../../../server/projects/github/app-tokens.ts";
import { startGitHubApi } from "../../../services/github-api.ts";
import { playGitHubApp } from "../../../services/github-app.ts";
import type { ReceiverAnswer } from "../../../services/receiver.ts";

const MINUTE = 60_000;
const ID = "Iv23liAbCdEf";
const NAME = "acme/site";
const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const PKCS1 = privateKey.export({ type: "pkcs1", format: "pem" });
const PKCS8 = privateKey.export({ type: "pkcs8", format: "pem" });

async function stage(
  options: Partial<Parameters<typeof playGitHubApp>[0]> & { failures?: ReceiverAnswer[] } = {},
) {
  const clock = { at: Date.UTC(2026, 0, 1) };
  const now = () => clock.at;
  const played = playGitHubApp({ id: ID, publicKey, repository: NAME, now, ...options });
  const failures = options.failures ?? [];
  const gitHub = await startGitHubApi({ app: played, repository: NAME, failures });
  const repository = { api: gitHub.url, name: NAME };
  const app = { id: ID, private_key: PKCS1 };
  const tokens = createAppTokens(now);
  const checkout = (changes: Partial<typeof app> = {}) =>
    tokens.get("ada/app", "checkout", { app: { ...app, ...changes }, repository });
  const error = async (changes: Partial<typeof app> = {}) => {
    const thrown: unknown = await checkout(changes).catch((caught: unknown) => caught);
    expect(thrown).toBeInstanceOf(GitHubAppError);
    return thrown as GitHubAppError;
  };
  return { played, gitHub, clock, repository, app, tokens, checkout, error };
}

test.each([
  ["PKCS#1", PKCS1],
  ["PKCS#8", PKCS8],
])("a key in %s signs for a token of one repository and one use", async (_, private_key) => {
  const { played, tokens, clock, app, repository } = await stage();
  const given = { app: { ...app, private_key }, repository };
  expect(await tokens.get("ada/app", "checkout", given)).toBe("ghs_1");
  expect(await tokens.get("ada/app", "statuses", given)).toBe("ghs_2");
  const seconds = clock.at / 1000;
  const claims = { iss: ID, iat: seconds - 60, exp: seconds + 540 };
  expect(played.minted).toEqual([
    { text: "ghs_1", repositories: ["site"], permissions: { contents: "read" }, claims },
    { text: "ghs_2", repositories: ["site"], permissions: { statuses: "write" }, claims },
  ]);
});

test("a token is used until five minutes before its end, and asked for once at a time", async () => {
  const { gitHub, clock, checkout } = await stage();
  const together = await Promise.all([checkout(), checkout(), checkout()]);
  expect(together).toEqual(["ghs_1", "ghs_1", "ghs_1"]);
  clock.at += 55 * MINUTE - 1;
  expect(await checkout()).toBe("ghs_1");
  expect(gitHub.calls).toHaveLength(2);
  clock.at += 1;
  expect(await Promise.all([checkout(), checkout()])).toEqual(["ghs_2", "ghs_2"]);
  expect(gitHub.calls).toHaveLength(4);
});

test("a token that was refused, or made with another key, id or repository, is used no more", async () => {
  const { played, tokens, checkout, app, repository } = await stage();
  expect(await checkout()).toBe("ghs_1");
  tokens.forget("ada/other");
  expect(await checkout()).toBe("ghs_1");
  tokens.forget("ada/app");
  expect(await checkout()).toBe("ghs_2");
  expect(await checkout({ private_key: PKCS8 })).toBe("ghs_3");
  const elsewhere = { ...repository, name: "acme/other" };
  const other = tokens.get("ada/app", "checkout", { app, repository: elsewhere });
  await expect(other).rejects.toMatchObject({ reason: "not_installed" });
  expect(played.minted).toHaveLength(3);
});

test("where GitHub is away a token is used to its end, then the error says so", async () => {
  const failures: ReceiverAnswer[] = [];
  const { clock, checkout, error } = await stage({ failures });
  await checkout();
  clock.at += 58 * MINUTE;
  failures.push({ status: 502 }, { status: 502 });
  expect(await checkout()).toBe("ghs_1");
  clock.at += 2 * MINUTE;
  failures.push({ status: 502 }, { status: 503 });
  expect(await error()).toMatchObject({ reason: "unavailable", isTransient: true });
  failures.push({ status: 502 });
  expect(await checkout()).toBe("ghs_2");
});

test("a renamed repository is found by its id", async () => {
  const { played, checkout } = await stage({
    ...{ repository: "acme/renamed", repositoryId: 99, formerName: NAME },
  });
  await checkout();
  expect(played.minted[0]).toMatchObject({ repository_ids: [99] });
  expect(played.minted[0]!.repositories).toBeUndefined();
});

test("a redirect to another host is not followed with the JWT", async () => {
  const elsewhere = await stage();
  const location = `${elsewhere.gitHub.url}/repositories/1/installation`;
  const { error } = await stage({ failures: [{ status: 301, headers: { location } }] });
  expect(await error()).toMatchObject({ reason: "refused" });
  expect(elsewhere.gitHub.calls).toEqual([]);
});

test("each refusal says what to do", async () => {
  const other = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  const otherPem = other.export({ type: "pkcs1", format: "pem" });
  const { played, clock, error } = await stage({ permissions: { statuses: "write" } });
  expect(await error()).toMatchObject({
    reason: "permission_missing",
    message: expect.stringMatching(/"Contents: read".*accept it/) as string,
  });
  expect(await error({ private_key: otherPem })).toMatchObject({
    reason: "key_refused",
    message: expect.stringContaining("--github-app ID --github-app-key FILE") as string,
  });
  expect(await error({ id: "999" })).toMatchObject({ reason: "key_refused" });
  played.state.suspended = true;
  expect(await error()).toMatchObject({
    reason: "suspended",
    message: expect.stringContaining("unsuspend it") as string,
  });
  played.state.installed = false;
  expect(await error()).toMatchObject({
    reason: "not_installed",
    message: expect.stringContaining("acme/site: install it there") as string,
    isTransient: false,
  });
  expect(clock.at).toBe(Date.UTC(2026, 0, 1));
});

test("a server whose clock is wrong is told of it", async () => {
  const { error } = await stage({ now: () => Date.UTC(2026, 0, 1, 3) });
  expect(await error()).toMatchObject({ reason: "clock_wrong" });
  const early = await stage({ now: () => Date.UTC(2025, 11, 31, 21) });
  expect(await early.error()).toMatchObject({ reason: "clock_wrong" });
});

test.each([
  [
    { status: 429, headers: { "retry-after": "30" } },
    { reason: "unavailable", afterMs: 30_000 },
  ],
  [
    { status: 403, body: { message: "You have exceeded a secondary rate limit" } },
    { reason: "unavailable" },
  ],
  [
    { status: 403, body: { message: "Acme has an IP allow list enabled" } },
    { reason: "address_refused" },
  ],
  [{ status: 200, body: { hello: "world" } }, { reason: "refused" }],
  [{ status: 200 }, { reason: "refused" }],
  [{ status: 418, body: { message: "I'm a teapot" } }, { reason: "refused" }],
])("the answer %j is told as %j", async (failure, expected) => {
  const { error } = await stage({ failures: [failure] });
  expect(await error()).toMatchObject(expected);
});
