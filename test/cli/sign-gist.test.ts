import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { codeDigest } from "../../blocks/digest.ts";
import { inspectBlock } from "../../blocks/inspect.ts";
import { startGitHubGists, type PlayedGist } from "../services/github-gists.ts";
import { authorFolder, deferred } from "./deferred.ts";

const ID = "aa5a315d61ae9438b18d";
const CODE = "print(6 * 7)\n";

async function author(more: Record<string, string> = {}) {
  const { env, folder } = await authorFolder();
  await writeFile(join(folder, "x.py"), CODE);
  const sign = (...args: string[]) =>
    deferred(["sign", "x.py", ...args], { env: { ...env, ...more }, cwd: folder });
  return { sign, signature: () => readFile(join(folder, "x.py.block"), "utf8") };
}

async function gitHub(files: PlayedGist["files"]) {
  const gist = { id: ID, owner: "octocat", files };
  const { url } = await startGitHubGists([gist], { token: "secret" });
  return { gist, env: { DEFERRED_GITHUB_API: url, GITHUB_TOKEN: "secret" } };
}

test("the signature stands beside the file, and nothing is sent", async () => {
  const { sign, signature } = await author();
  const { code, stdout, stderr } = await sign("--gist");
  expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
  expect(inspectBlock((await signature()).trim()).claims.code).toBe(codeDigest(CODE));
  expect(stderr).toContain("wrote x.py.block");
});

test("for a named gist, the tag is printed, and the way to add the signature", async () => {
  const { sign } = await author();
  const { stdout, stderr } = await sign("--gist", `octocat/${ID}`);
  expect(stdout).toBe(
    `<deferred-runner gist="octocat/${ID}" file="x.py"></deferred-runner>\n` +
      '<script type="module" src="https://runner.example/deferred-runner.js"></script>\n',
  );
  expect(stderr).toContain(`gh gist edit ${ID} --add x.py.block`);
});

test("with a token the signature is added to the gist", async () => {
  const { gist, env } = await gitHub({ "x.py": "\r\n" + CODE });
  const { sign, signature } = await author(env);
  const { code, stderr } = await sign("--gist", `octocat/${ID}`);
  expect(stderr).toContain(`added x.py.block to the gist octocat/${ID}`);
  expect(stderr).toContain(`its page: https://runner.example/gists/octocat/${ID}`);
  expect(code).toBe(0);
  expect(gist.files).toEqual({ "x.py": "\r\n" + CODE, "x.py.block": await signature() });
});

test.each([
  ["other code", { "x.py": "print(1)" }, {}, /not the file that was signed/],
  ["no such file", { "y.py": CODE }, {}, /the gist has no file x\.py/],
  ["a wrong token", { "x.py": CODE }, { GITHUB_TOKEN: "wrong" }, /401.*\n.*GITHUB_TOKEN is not/],
  ["no GitHub", {}, { DEFERRED_GITHUB_API: "http://127.0.0.1:9" }, /GitHub can't be reached/],
])("a gist with %s gets no signature", async (_, files, more, error) => {
  const { gist, env } = await gitHub(files);
  const { sign } = await author({ ...env, ...more });
  const { code, stderr } = await sign("--gist", `octocat/${ID}`);
  expect(code).toBeGreaterThan(64);
  expect(stderr).toMatch(error);
  expect(Object.keys(gist.files)).not.toContain("x.py.block");
});

test.each([
  [["--gist", "octocat"], /USER\/ID/],
  [["--gist", "--file", "x.py"], /stands alone/],
])("%j is a mistake", async (args, error) => {
  const { sign } = await author();
  const { code, stderr } = await sign(...args);
  expect(code).toBe(2);
  expect(stderr).toMatch(error);
});
