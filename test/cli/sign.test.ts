import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { canonicalCode } from "../../protocol/canonical-code.ts";
import { embedTag } from "../../blocks/embed-tag.ts";
import { findBlocks } from "../../cli/page/blocks.ts";
import { codeDigest } from "../../blocks/digest.ts";
import { inspectBlock } from "../../blocks/inspect.ts";
import { verifyBlockSignature, verifyCode } from "../../blocks/verify.ts";
import { authorFolder, deferred } from "./deferred.ts";

test("the tag can be pasted as it is: its text is the signed code", async () => {
  const { env, folder, publicJwk } = await authorFolder();
  const source = 'puts "<b>&amp; </code></pre>"\r\n\r\n\tputs 1\r\n';
  await writeFile(join(folder, "hello.rb"), source);
  const { code, stdout } = await deferred(["sign", "hello.rb"], { env, cwd: folder });
  expect(code).toBe(0);
  expect(stdout).toContain('<code class="language-ruby">');
  expect(stdout).toContain(
    '<script type="module" src="https://runner.example/deferred-runner.js"></script>',
  );

  const [block] = findBlocks(`<!doctype html><meta charset="utf-8">${stdout}`, undefined);
  expect(block!.serverUrl).toBe("https://runner.example");
  const inspected = inspectBlock(block!.block);
  await verifyBlockSignature(inspected, publicJwk);
  expect(verifyCode(inspected.claims, block!.code).edited).toBe(false);
});

test("a byte order mark is no part of the program, of a file or of standard input", async () => {
  const { env, folder } = await authorFolder();
  await writeFile(join(folder, "hello.sh"), "\ufeffecho hi\n");
  for (const [args, stdin] of [
    [["hello.sh"], ""],
    [["-", "--runtime", "bash"], "\ufeffecho hi\n"],
  ] as const) {
    const run = await deferred(["sign", ...args, "--format", "json"], { env, cwd: folder, stdin });
    expect(run.code).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject({ code: "echo hi\n" });
    expect(run.stderr).not.toContain("ASCII");
  }
});

test("json is exactly the body that a run is asked for with", async () => {
  const { env } = await authorFolder();
  const args = ["sign", "-", "--runtime", "python", "--format", "json"];
  const { code, stdout } = await deferred(args, { env, stdin: "print(6 * 7)\n" });
  expect(code).toBe(0);
  const body = JSON.parse(stdout);
  expect(Object.keys(body)).toEqual(["block", "code"]);
  expect(body.code).toBe("print(6 * 7)\n");
  expect(inspectBlock(body.block).claims.code).toBe(codeDigest("print(6 * 7)\n"));
});

test("every option ends up in its claim", async () => {
  const { env } = await authorFolder();
  const { stdout } = await deferred(
    [
      ...["sign", "-", "--format", "jws", "--runtime", "python@3.11", "--cache", "1h"],
      ...[
        "--limit",
        "wall_s=5",
        "--limit",
        "memory_mb=64",
        "--origin",
        "https://blog.example/post",
      ],
      ...["--input", "count=integer,min=1,max=9,default=3", "--input", "mode=choice,values=a|b"],
      ...[
        "--edit",
        "--retry",
        "never",
        "--show",
        "table",
        "--title",
        " Sorting\n a list ",
        "--expires",
        "90d",
        "--aud",
        "https://other.example/",
      ],
    ],
    { env, stdin: "print(1)" },
  );
  const { iat, exp, jti, ...claims } = inspectBlock(stdout.trim()).claims;
  expect(exp! - iat).toBe(90 * 86_400);
  expect(jti).toMatch(/^[0-9a-f-]{36}$/);
  expect(claims).toEqual({
    iss: "local/demo",
    aud: "https://other.example",
    code: codeDigest("print(1)\n"),
    runtime: "python@3.11",
    cache_s: 3600,
    limits: { wall_s: 5, memory_mb: 64 },
    origins: ["https://blog.example"],
    inputs: {
      count: { type: "integer", min: 1, max: 9, default: 3 },
      mode: { type: "choice", values: ["a", "b"] },
    },
    edit: true,
    retry: "never",
    show: "table",
    title: "Sorting a list",
  });
});

test("a byte order mark is the editor's, and no part of the code", async () => {
  const { env, folder } = await authorFolder();
  await writeFile(join(folder, "code.sh"), "\uFEFFecho hi\n");
  const args = ["sign", "code.sh", "--format", "json"];
  const { stdout, stderr } = await deferred(args, { env, cwd: folder });
  expect(JSON.parse(stdout).code).toBe("echo hi\n");
  expect(stderr).not.toContain("ASCII");
});

test("a block for any server names none", async () => {
  const { env } = await authorFolder();
  const args = ["sign", "-", "--runtime", "bash", "--no-aud", "--format", "jws"];
  const { stdout } = await deferred(args, { env, stdin: "echo 1" });
  expect(inspectBlock(stdout.trim()).claims).not.toHaveProperty("aud");
});

test("what the canonical form changed inside the code is said, on stderr", async () => {
  const { env } = await authorFolder();
  const args = ["sign", "-", "--runtime", "python"];
  const { stderr } = await deferred(args, { env, stdin: "a = 1\n   \nprint(a)\n" });
  expect(stderr).toContain(
    "note: blanks on otherwise empty lines are not part of the code: line 2",
  );
});

describe("the server's address in a block", () => {
  test("is the one that the server noted in its data folder", async () => {
    const { folder } = await authorFolder();
    await writeFile(join(folder, "server.json"), '{"url": "http://127.0.0.1:4711"}');
    const args = ["sign", "-", "--runtime", "bash", "--format", "jws"];
    const { stdout } = await deferred(args, { env: { DEFERRED_DATA: folder }, stdin: "echo 1" });
    expect(inspectBlock(stdout.trim()).claims.aud).toBe("http://127.0.0.1:4711");
  });

  test("else is made of the settings", async () => {
    const { folder } = await authorFolder();
    const args = ["sign", "-", "--runtime", "bash", "--format", "jws"];
    const env = { DEFERRED_DATA: folder, PORT: "4712" };
    const { stdout } = await deferred(args, { env, stdin: "echo 1" });
    expect(inspectBlock(stdout.trim()).claims.aud).toBe("http://127.0.0.1:4712");
  });
});

describe("the runtime is told", () => {
  test.each([
    ["x.rb", "puts 1", "ruby"],
    ["x.sh", "echo 1", "bash"],
    ["x.mjs", "1", "node"],
    ["x", "#!/usr/bin/env python3\nprint(1)", "python"],
    ["x", "#!/usr/bin/env -S node --no-warnings\n1", "node"],
    ["x", "#!/bin/sh\necho 1", "bash"],
  ])("from %s that begins %j", async (name, source, runtime) => {
    const { env, folder } = await authorFolder();
    await writeFile(join(folder, name), source);
    const args = ["sign", name, "--format", "jws"];
    const { stdout } = await deferred(args, { env, cwd: folder });
    expect(inspectBlock(stdout.trim()).claims.runtime).toBe(runtime);
  });
});

interface Vector {
  name: string;
  source: string;
  canonical?: string;
}

const vectors: Vector[] = JSON.parse(
  readFileSync(new URL("../vectors/canonical-code.json", import.meta.url), "utf8"),
);

describe("a pasted tag gives back the code of every test vector", () => {
  test.each(vectors.filter(({ canonical }) => canonical))("$name", ({ canonical }) => {
    const tag = embedTag({
      block: "a.b.c",
      code: canonical!,
      runtime: "python",
      scriptUrl: "https://runner.example/deferred-runner.js",
    });
    for (const page of [tag, tag.replaceAll("\n", "\r\n")]) {
      expect(canonicalCode(findBlocks(page, undefined)[0]!.code)).toBe(canonical);
    }
  });
});
