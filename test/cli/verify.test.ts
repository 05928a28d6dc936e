import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { paths } from "../../protocol/paths.ts";
import { codeDigest } from "../../blocks/digest.ts";
import { signBlock } from "../../blocks/sign.ts";
import { newKeyPair } from "../../blocks/keys.ts";
import { outputDigest } from "../../blocks/output-digest.ts";
import { createReceiptSigner } from "../../blocks/receipt.ts";
import type { Result } from "../../protocol/run.ts";
import { authorFolder, deferred, temporaryFolder } from "./deferred.ts";

async function signed(format: string) {
  const author = await authorFolder();
  const args = ["sign", "-", "--runtime", "python", "--format", format];
  const { stdout } = await deferred(args, { env: author.env, stdin: "print(6 * 7)\n" });
  return { ...author, stdout };
}

test.each(["tag", "json"])("a block as %s holds, and says what it may do", async (format) => {
  const { env, stdout } = await signed(format);
  const { code, stdout: report } = await deferred(["verify", "-"], { env, stdin: stdout });
  expect(report).toMatch(/project +local\/demo/);
  expect(report).toMatch(/server +https:\/\/runner\.example/);
  expect(report).toMatch(/✓ {2}signature +made by a key of this machine/);
  expect(report).toMatch(/✓ {2}code +the code that was signed/);
  expect(code).toBe(0);
});

test("a token alone is checked without its code", async () => {
  const { env, stdout } = await signed("jws");
  const { code, stdout: report } = await deferred(["verify", "-"], { env, stdin: stdout });
  expect(code).toBe(0);
  expect(report).not.toMatch(/✓ {2}code/);
});

test("code that was changed does not fit", async () => {
  const { env, stdout } = await signed("tag");
  const page = stdout.replace("6 * 7", "6 * 8");
  const { code, stdout: report } = await deferred(["verify", "-"], { env, stdin: page });
  expect(code).toBe(65);
  expect(report).toMatch(/✗ {2}code +not the code that was signed/);
});

test("a token that was changed does not hold", async () => {
  const { env, stdout } = await signed("json");
  const body = JSON.parse(stdout);
  const [header, payload, signature] = body.block.split(".");
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString());
  const forged = Buffer.from(JSON.stringify({ ...claims, cache_s: 9 })).toString("base64url");
  const stdin = JSON.stringify({ ...body, block: `${header}.${forged}.${signature}` });
  const { code, stdout: report } = await deferred(["verify", "-"], { env, stdin });
  expect(code).toBe(65);
  expect(report).toMatch(/✗ {2}signature/);
});

test("elsewhere the signature is checked with the public key", async () => {
  const { stdout, publicJwk } = await signed("tag");
  const elsewhere = await temporaryFolder();
  await writeFile(join(elsewhere, "key.json"), JSON.stringify({ keys: [publicJwk] }));
  const env = { DEFERRED_DATA: elsewhere };
  const unknown = await deferred(["verify", "-"], { env, stdin: stdout });
  expect(unknown.code).toBe(1);
  expect(unknown.stdout).toMatch(/\? {2}signature +not checked/);
  const args = ["verify", "-", "--key", "key.json"];
  expect(await deferred(args, { env, cwd: elsewhere, stdin: stdout })).toMatchObject({ code: 0 });
});

test("elsewhere and without a key, the server that the block is for is asked", async () => {
  const { publicJwk, privateJwk } = await newKeyPair();
  const keys: object[] = [publicJwk];
  const server = createServer((request, response) => {
    const known = request.url === paths.projectKeys("ada/blog");
    response.statusCode = known ? 200 : 404;
    response.end(JSON.stringify({ keys }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const aud = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const verify = async (iss: string) => {
    const code = codeDigest("print(1)\n");
    const claims = { iss, aud, iat: 1, jti: "1", code, runtime: "python" };
    const stdin = await signBlock(claims, privateJwk);
    return deferred(["verify", "-"], { env: { DEFERRED_DATA: await temporaryFolder() }, stdin });
  };

  const known = await verify("ada/blog");
  expect(known.stdout).toContain(`made by a key that ${aud} has of ada/blog`);
  expect(known.code).toBe(0);
  const elsewhere = await verify("ada/other");
  expect(elsewhere.stdout).toMatch(/✗ {2}signature +.* has no project ada\/other/);
  keys.length = 0;
  const revoked = await verify("ada/blog");
  expect(revoked.stdout).toMatch(/✗ {2}signature +.* takes no such key of ada\/blog/);
  expect(revoked.code).toBe(65);
});

test("something else is refused", async () => {
  const { code, stderr } = await deferred(["verify", "-"], { stdin: "<p>hello" });
  expect(code).toBe(1);
  expect(stderr).toMatch(/^error: this is neither .*\nhint: /);
});

async function result(change: Partial<Result> = {}) {
  const folder = await temporaryFolder();
  const { kid, privateJwk, publicJwk } = await newKeyPair();
  const ended = "2026-11-22T10:00:00.000Z";
  const output = { stdout: "42\n", stderr: "" };
  const receipt = createReceiptSigner(privateJwk)({
    iss: "https://runner.example",
    run: "r1",
    block: "b",
    code: "c1-sha256-c",
    inputs: "i",
    output: outputDigest(output),
    state: "succeeded",
    exit_code: 0,
    iat: Date.parse(ended) / 1000,
  });
  const whole: Result = {
    id: "r1",
    state: "succeeded",
    reason: null,
    exit_code: 0,
    signal: null,
    ...output,
    truncated: { stdout: 0, stderr: 0, artifacts: 0 },
    artifacts: [],
    attempt: 1,
    runtime: "python",
    times: { queued: ended, ended },
    receipt,
    ...change,
  };
  await writeFile(join(folder, "result.json"), JSON.stringify(whole));
  const jwks = { keys: [{ ...publicJwk, kid, alg: "EdDSA" }] };
  await writeFile(join(folder, "jwks.json"), JSON.stringify(jwks));
  return deferred(["verify", "result.json", "--jwks", "jwks.json"], { cwd: folder });
}

test("a result holds against its server's keys, offline", async () => {
  const { code, stdout } = await result();
  expect(stdout).toMatch(/✓ {2}receipt +signed by https:\/\/runner\.example/);
  expect(code).toBe(0);
});

test.each([
  [{ stdout: "43\n" }, /✗ {2}output/],
  [{ exit_code: 1, state: "failed" as const }, /✗ {2}ending/],
  [{ id: "r2" }, /✗ {2}run/],
])("a result with %j does not", async (change, finding) => {
  const { code, stdout } = await result(change);
  expect(stdout).toMatch(finding);
  expect(code).toBe(65);
});
