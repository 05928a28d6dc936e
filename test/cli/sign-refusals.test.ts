import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { authorFolder, deferred, temporaryFolder } from "./deferred.ts";

test.each([
  [" ", "--title takes the block's name, not an empty text"],
  ["x".repeat(201), "a title may have 200 characters, not 201"],
])("a title that names nothing, or is too long, is refused", async (title, sentence) => {
  const { env } = await authorFolder();
  const args = ["sign", "-", "--runtime", "bash", "--title", title];
  const { code, stdout, stderr } = await deferred(args, { env, stdin: "echo 1" });
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain(sentence);
});

test("a limit above the server's ceiling is signed, and its figure said", async () => {
  const { env } = await authorFolder();
  const limits = ["wall_s=99999", "memory_mb=1024", "artifacts_mb=65"];
  const args = ["sign", "-", "--runtime", "bash", ...limits.flatMap((one) => ["--limit", one])];
  const { code, stderr } = await deferred(args, { env, stdin: "echo 1" });
  expect(code).toBe(0);
  expect(stderr).toContain(
    "note: wall_s=99999 is above the server's ceiling: it gets wall_s=300\n",
  );
  expect(stderr).toContain("note: artifacts_mb=65 is above the server's ceiling: it gets");
  expect(stderr).not.toContain("memory_mb");
});

describe("what no reader could run is refused, in words of its own", () => {
  test.each([
    ["--runtime pythn", 'there is no runtime "pythn"; write python'],
    ["--runtime go", 'there is no runtime "go"; write bash, node, python, ruby'],
    ["--runtime python@x", '"python@x" is not of the form name or name@version'],
    ["--limit wal_s=5", 'there is no limit "wal_s"; write wall_s'],
    ["--limit memory_mb=7", '--limit memory_mb takes a whole number, 8 or more, not "7"'],
    ["--limit wall_s=soon", '--limit wall_s takes seconds, 0.1 or more, not "soon"'],
    ["--limit wall_s=Infinity0", '--limit wall_s takes seconds, 0.1 or more, not "Infinity0"'],
    ["--limit network=https://x", "--limit network takes true, or names of hosts such as"],
    ["--limit network=a.example,", "--limit network takes true, or names of hosts such as"],
    ["--limit network=true --edit", "--edit and --limit network can't be used together"],
    ["--limit wall_s=5 --limit wall_s=6", "--limit wall_s is there twice"],
    ["--input n=integer,min=9,max=1", "min is 9 and max 1: no value is between them"],
    ["--input n=integer,min=1,default=0", "the default is refused: it has to be 1 or more"],
    ["--input n=number,max=0.5,default=1", "the default is refused: it has to be 0.5 or less"],
    ["--input n=integer,default=1.5", 'default takes a whole number, not "1.5"'],
    ["--input n=integer,min=", 'min takes a whole number, not ""'],
    ["--input n=integer,min=1,min=2", "min is there twice"],
    [
      "--input n=integer,values=1|2",
      "integer has no values; it has min, max, default, label, unit, hint, as",
    ],
    ["--input n=text,max_length=3,default=abcd", "the default is refused: it may have 3 bytes"],
    ["--input n=text,max_length=-1", 'max_length takes a number of bytes, not "-1"'],
    ["--input n=boolean,default=yes", 'default takes true or false, not "yes"'],
    ["--input n=choice", "a choice needs values, such as values=fast|slow"],
    ["--input n=choice,values=", "values takes up to 100 different texts with | between them"],
    ["--input n=choice,values=a|b|a", "values takes up to 100 different texts"],
    ["--input n=choice,values=a|b,default=c", "the default is refused: it has to be one of a, b"],
    ["--input n=text,as=file", 'as takes one of env, stdin, arg, not "file"'],
    ["--input n=text,as=stdin --input m=text,as=stdin", "only one input may be stdin, not n and m"],
    ["--input n=intger", 'there is no type "intger"; write integer'],
    ["--input n=text,label", '"label" is not of the form property=value'],
    ["--input n=text --input n=integer", "--input n is there twice"],
  ])("%s", async (options, message) => {
    const { env } = await authorFolder();
    const args = ["sign", "-", ...(options.includes("--runtime") ? [] : ["--runtime", "bash"])];
    const run = await deferred([...args, ...options.split(" ")], { env, stdin: "echo 1" });
    expect(run).toMatchObject({ code: 2, stdout: "" });
    expect(run.stderr).toContain(message);
    expect(run.stderr).not.toMatch(/Expected|received|Invalid/);
  });
});

describe("what can't be signed is refused with a reason and an advice", () => {
  test.each([
    ["a file that is not there", ["sign", "none.rb"], "", 1, /none\.rb is not there/],
    [
      "an unknown kind of file",
      ["sign", "-"],
      "x",
      2,
      /add --runtime \(bash, node, python, ruby\)/,
    ],
    ["no code", ["sign", "-", "--runtime", "bash"], " \n\n", 65, /has no code/],
    [
      "a NUL",
      ["sign", "-", "--runtime", "bash"],
      "a\nb\0",
      65,
      /line 2: NUL may not be in a block/,
    ],
    ["a limit that is none", ["sign", "-", "--limit", "luck=1"], "x", 2, /no limit "luck"/],
    ["a limit of no use", ["sign", "-", "--limit", "wall_s=0"], "x", 2, /--limit wall_s/],
    [
      "a time that is none",
      ["sign", "-", "--cache", "soon"],
      "x",
      2,
      /option '--cache <TIME>' argument 'soon' is invalid/,
    ],
    [
      "an origin that is none",
      ["sign", "-", "--origin", "blog"],
      "x",
      2,
      /--origin takes an address/,
    ],
    [
      "an input without a type",
      ["sign", "-", "--input", "n"],
      "x",
      2,
      /--input n is not of the form/,
    ],
    ["an input of a strange type", ["sign", "-", "--input", "n=date"], "x", 2, /--input n/],
    [
      "a format that is none",
      ["sign", "-", "--format", "pdf"],
      "x",
      2,
      /Allowed choices are tag, markdown, jws, json/,
    ],
  ])("%s", async (_, args, stdin, expected, message) => {
    const { env } = await authorFolder();
    const { code, stdout, stderr } = await deferred(args, { env, stdin });
    expect({ code, stdout }).toEqual({ code: expected, stdout: "" });
    expect(stderr).toMatch(/^error: /);
    expect(stderr).toMatch(message);
  });

  test("a data folder without a key", async () => {
    const folder = await temporaryFolder();
    const args = ["sign", "-", "--runtime", "bash"];
    const { code, stderr } = await deferred(args, { env: { DEFERRED_DATA: folder }, stdin: "x" });
    expect(code).toBe(1);
    expect(stderr).toContain(`/keys/local/demo or ${folder}\nhint: make one (deferred keys new`);
  });

  test("a key file that is broken", async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, "keys/local/demo"), { recursive: true });
    await writeFile(join(folder, "keys/local/demo/abc.json"), '{"kty":"OKP"}');
    const args = ["sign", "-", "--runtime", "bash"];
    const { code, stderr } = await deferred(args, { env: { DEFERRED_DATA: folder }, stdin: "x" });
    expect(code).toBe(1);
    expect(stderr).toContain("abc.json is not a private key");
  });
});

test("a data folder whose server's address can't be read is told, and by no stack", async () => {
  const { folder, env } = await authorFolder();
  await writeFile(join(folder, "a.rb"), "puts 1\n");
  for (const noted of ['{"url": 3', "{}", '{"url": "nowhere"}']) {
    await writeFile(join(folder, "server.json"), noted);
    const { DEFERRED_DATA } = env;
    const signed = await deferred(["sign", "a.rb"], {
      env: { DEFERRED_DATA: DEFERRED_DATA! },
      cwd: folder,
    });
    expect({ ...signed, stdout: "" }).toEqual({
      code: 1,
      stdout: "",
      stderr: `error: ${join(folder, "server.json")} does not say where the server is\nhint: start the server again, or set DEFERRED_URL\n`,
    });
  }
});
