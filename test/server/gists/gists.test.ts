import { expect, test } from "vitest";
import { newKeyPair } from "../../../blocks/keys.ts";
import { signBlock } from "../../../blocks/sign.ts";
import { codeDigest } from "../../../blocks/digest.ts";
import { canonicalCode } from "../../../protocol/canonical-code.ts";
import type { BlockClaims } from "../../../protocol/claims.ts";
import { ApiError } from "../../../protocol/deferred-error.ts";
import { createGistsPart } from "../../../server/gists/index.ts";
import { startGitHubGists, type PlayedGist } from "../../services/github-gists.ts";
import { startReceiver } from "../../services/receiver.ts";

const ID = "aa5a315d61ae9438b18d";
const OLD = "57a7f021a713b1c5a6a199b54cc514735d2d462f";
const CODE = "print(6 * 7)\n";
const { privateJwk } = await newKeyPair("EdDSA");

function signatureOf(code: string, claims: Partial<BlockClaims> = {}): Promise<string> {
  const given = { iss: "local/demo", iat: 1, jti: "x", runtime: "python" };
  const digest = codeDigest(canonicalCode(code));
  return signBlock({ ...given, code: digest, ...claims }, privateJwk);
}

const SIGNED = { "x.py": CODE, "x.py.block": `${await signatureOf(CODE)}\n` };

async function played(gist: Partial<PlayedGist> = {}, token?: string) {
  const first = { id: ID, owner: "Octocat", files: { ...SIGNED }, ...gist };
  const gitHub = await startGitHubGists([first], { token });
  let time = 0;
  const part = createGistsPart({
    api: gitHub.url,
    token,
    callers: { countRead: () => {} },
    now: Date.now,
    steady: () => time,
  });
  const find = (file?: string, id = ID, user = "octocat") => part.find(user, id, file);
  const failure = (file?: string, id = ID, user?: string) =>
    find(file, id, user).then(
      () => undefined,
      (error: unknown) => {
        if (!(error instanceof ApiError)) throw error;
        const { code, detail, retryAfterS } = error;
        return { code, detail, retryAfterS };
      },
    );
  return { gitHub, gist: first, find, failure, wait: (ms: number) => void (time += ms) };
}

test("the only signed file is found, with its signature, owner and revision", async () => {
  const { find } = await played({ files: { "notes.md": "# hi", ...SIGNED } });
  expect(await find()).toEqual({
    user: "Octocat",
    id: ID,
    revision: expect.stringMatching(/^[0-9a-f]{40}$/) as string,
    file: "x.py",
    language: "python",
    block: SIGNED["x.py.block"].trim(),
    code: CODE,
    url: `https://gist.github.com/Octocat/${ID}`,
    isPublic: true,
  });
});

test("a revision is read as it was, once", async () => {
  const code = "print('old')\n";
  const files = { "x.py": code, "x.py.block": await signatureOf(code) };
  const { find, failure, gitHub, wait } = await played({ revisions: { [OLD]: files } });
  expect(await find("x.py", `${ID}@${OLD}`)).toMatchObject({ code, revision: OLD });
  wait(1e9);
  await find("x.py", `${ID}@${OLD}`);
  expect(gitHub.calls).toHaveLength(1);
  const none = await failure("x.py", `${ID}@${OLD.replaceAll("5", "6")}`);
  expect(none).toMatchObject({
    code: "gist_not_found",
    detail: expect.stringContaining("no revision"),
  });
});

test.each([
  ["no signature", { "x.py": CODE }, "x.py", "gist_unsigned"],
  ["no signature at all", { "x.py": CODE }, undefined, "gist_unsigned"],
  ["another file", SIGNED, "y.py", "gist_file_not_found"],
  [
    "several files",
    { ...SIGNED, "y.py": CODE, "y.py.block": "x" },
    undefined,
    "gist_file_not_found",
  ],
  ["changed code", { ...SIGNED, "x.py": "print(1)" }, "x.py", "code_mismatch"],
  ["a broken signature", { ...SIGNED, "x.py.block": "x.y" }, "x.py", "token_malformed"],
  ["huge code", { ...SIGNED, "x.py": "#".repeat(1_200_000) }, "x.py", "code_too_large"],
  ["binary code", { ...SIGNED, "x.py": Buffer.from([255, 0, 1]) }, "x.py", "code_unacceptable"],
  ["NUL", { ...SIGNED, "x.py": "a\0b" }, "x.py", "code_unacceptable"],
  ["nothing", { ...SIGNED, "x.py": " \n" }, "x.py", "code_empty"],
])("%s is refused with a code of its own", async (_, files, file, code) => {
  const { failure } = await played({ files });
  expect(await failure(file)).toMatchObject({ code });
});

test("each of many signed files is found, and a byte order mark is not code", async () => {
  const names = Array.from({ length: 149 }, (_, n) => [`${n}.py`, `${n}.py.block`]).flat();
  const file = (name: string) => (name.endsWith("k") ? SIGNED["x.py.block"] : `\uFEFF${CODE}`);
  const files = Object.fromEntries(names.map((name) => [name, file(name)]));
  const { find, failure } = await played({ files: { ...files, "notes.md": "#" } });
  expect(await find("148.py")).toMatchObject({ file: "148.py", code: CODE });
  expect(await failure("notes.md")).toMatchObject({ code: "gist_unsigned" });
});

test("names in a gist are data", async () => {
  const { find, failure } = await played({ files: { ...SIGNED, "'\"<b>.py": "1", "..": "2" } });
  for (const name of ["__proto__", "toString", "..", "'\"<b>.py"]) {
    expect((await failure(name))?.code).toMatch(/^gist_(file_not_found|unsigned)$/);
  }
  expect(await find()).toMatchObject({ file: "x.py" });
});

test("files past GitHub's limit are told of", async () => {
  const { failure } = await played({ isTruncated: true });
  expect((await failure("y.py"))?.detail).toContain("only the first 300 files");
});

test("an expired token leaves known gists readable, and says what is wrong", async () => {
  const { find, failure, gitHub, wait } = await played({}, "secret");
  await find();
  gitHub.expireToken();
  wait(61_000);
  expect(await find()).toMatchObject({ code: CODE });
  expect(await failure("x.py", "00ff")).toMatchObject({
    code: "gist_unavailable",
    detail: expect.stringContaining("DEFERRED_GITHUB_TOKEN") as string,
  });
});

test("the token follows no redirect", async () => {
  const other = await startGitHubGists([{ id: ID, owner: "octocat", files: SIGNED }]);
  const moved = await startReceiver(({ path }) => ({
    status: 301,
    headers: { location: `${other.url}${path}` },
  }));
  const part = createGistsPart({
    api: moved.url,
    token: "secret",
    callers: { countRead: () => {} },
    now: Date.now,
    steady: () => 0,
  });
  await expect(part.find("octocat", ID, "x.py")).rejects.toMatchObject({
    code: "gist_unavailable",
  });
  expect(other.calls).toEqual([]);
});

test("a gist of somebody else, a deleted one and a wrong address are not found", async () => {
  const { failure, gitHub } = await played();
  const code = "gist_not_found";
  expect(await failure("x.py", ID, "hubot")).toMatchObject({ code });
  expect(await failure("x.py", "0123456789")).toEqual({ code, detail: undefined });
  expect(await failure("x.py", `${ID}@main`)).toMatchObject({ code });
  expect(await failure("x.py", "../../user")).toMatchObject({ code });
  // Guesses are remembered.
  await failure("x.py", "0123456789");
  expect(gitHub.calls.map(({ path }) => path)).toEqual([`/gists/${ID}`, "/gists/0123456789"]);
});

test("a fresh copy asks nothing, an older one asks by its ETag, and many readers share a request", async () => {
  const { find, gist, gitHub, wait } = await played({}, "secret");
  await Promise.all([find(), find(), find()]);
  wait(59_000);
  await find();
  expect(gitHub.calls).toHaveLength(1);
  gitHub.leave(10);
  wait(2000);
  await find();
  expect(gitHub.calls).toHaveLength(2);
  expect(gitHub.calls[1]!.headers["if-none-match"]).toMatch(/^W\//);
  const code = "print(2)\n";
  Object.assign(gist.files, { "x.py": code, "x.py.block": await signatureOf(code) });
  wait(61_000);
  expect(await find()).toMatchObject({ code });
});

test("while GitHub limits the server, known gists are served and others are told when to come back", async () => {
  const { find, failure, gitHub, wait } = await played();
  await find();
  gitHub.leave(0);
  wait(61_000);
  expect(await find()).toMatchObject({ code: CODE });
  const limited = await failure("x.py", "0123456789");
  expect(limited).toMatchObject({ code: "gist_limited" });
  expect(limited?.retryAfterS).toBeGreaterThan(1700);
  // Nothing more is asked until then.
  await failure("x.py", "00ff");
  expect(gitHub.calls).toHaveLength(2);
  wait(1_900_000);
  gitHub.leave(60);
  expect(await failure("x.py", "00ff")).toMatchObject({ code: "gist_not_found" });
});

test("an endpoint that does not answer is told as such", async () => {
  const part = createGistsPart({
    api: "http://127.0.0.1:9",
    token: undefined,
    callers: { countRead: () => {} },
    now: Date.now,
    steady: () => 0,
  });
  await expect(part.find("octocat", ID, "x.py")).rejects.toMatchObject({
    code: "gist_unavailable",
  });
});
