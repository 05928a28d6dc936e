import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { glob } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startServing, type Served } from "../systems/process.ts";
import { deferred } from "./deferred.ts";

const folder = mkdtempSync(join(tmpdir(), "deferred-parts-"));
let served: Served;
beforeAll(async () => {
  served = await startServing();
});
afterAll(async () => {
  await served.clear();
  rmSync(folder, { recursive: true });
});

const call = (...args: string[]) =>
  deferred(args, { env: { DEFERRED_DATA: served.data }, cwd: folder });
function file(name: string, text: string | Buffer): string {
  writeFileSync(join(folder, name), text);
  return name;
}

mkdirSync(join(folder, "lib"));
const UTIL = file("lib/util.py", "def total(rows): return sum(map(int, rows))\n");
const DATA = file("data.csv", "1\n2\n39\n");
const MAIN = file("main.py", "from lib.util import total\nprint(total(open('data.csv')))\n");

test("files lie in the program's folder, which may change them", async () => {
  expect(await call("run", MAIN, "--file", DATA, "--file", UTIL)).toMatchObject({ stdout: "42\n" });
  const writes = "import os\nopen('in/a.bin', 'ab').write(b'!')\nos.mkdir('in/more')\n";
  const bytes = file("bytes.bin", Buffer.from([0, 255, 10]));
  const print = file(
    "w.py",
    `${writes}print(open('in/a.bin', 'rb').read(), sorted(os.listdir('in')))\n`,
  );
  const { stdout } = await call("run", print, "--file", `in/a.bin=${bytes}`);
  expect(stdout).toBe("b'\\x00\\xff\\n!' ['a.bin', 'more']\n");
});

test("a page's block has its files in the tag, and runs with them alone", async () => {
  const signed = await call("sign", MAIN, "--file", DATA, "--file", UTIL);
  file("page.html", signed.stdout);
  expect((await call("run", "page.html")).stdout).toBe("42\n");
  expect((await call("verify", "page.html")).stdout).toMatch(
    /✓ +files +the files that were signed/,
  );

  file("changed.html", signed.stdout.replace("data.csv:MQ", "data.csv:Mg"));
  const changed = await call("run", "changed.html");
  expect(changed).toMatchObject({ code: 65, stdout: "" });
  expect(changed.stderr).toContain("A file of the block is not the file its author signed.");
  expect(changed.stderr).toContain("data.csv differs");
  expect(await call("verify", "changed.html")).toMatchObject({ code: 65 });

  file("without.html", signed.stdout.replace(/ files="[^"]*"/, ""));
  expect((await call("run", "without.html")).stderr).toContain("It needs data.csv.");
});

const INTRO = file(
  "intro.py",
  "print('never shown')\nimport sys\nprint('nor this', file=sys.stderr)\nx = 40\n",
);
const NEXT = file("next.py", "y = x + 2\nprint(y)\n");

test("a block builds on code that comes before, of whose output nothing is shown", async () => {
  const setup = file("setup.py", "import math\n");
  const last = file("last.py", "print(y, math.floor(math.pi))\n");
  const terms = ["--setup", setup, "--after", INTRO, "--after", NEXT];
  expect(await call("run", last, ...terms)).toEqual({ code: 0, stdout: "42 3\n", stderr: "" });

  const one = await call("sign", INTRO);
  const two = await call("sign", NEXT, "--after", INTRO);
  const three = await call("sign", last, ...terms);
  file("series.html", `${one.stdout}<p>text</p>${two.stdout}${three.stdout}`);
  expect((await call("run", "series.html", "--nth", "2")).stdout).toBe("42\n");
  expect((await call("run", "series.html", "--nth", "3")).stdout).toBe("42 3\n");
  expect(await call("verify", "series.html")).toMatchObject({ code: 0 });

  file("alone.html", two.stdout);
  const alone = await call("run", "alone.html");
  expect(alone).toMatchObject({ code: 65, stdout: "" });
  expect(alone.stderr).toContain("put those blocks on the same page");
});

test.each([
  ["ruby", "a.rb", "puts 'no'\nwarn 'no'\nX = 40\n", "puts X + 2\n"],
  [
    "node",
    "a.mjs",
    "console.log('no'); console.error('no'); const x = 40;\n",
    "import 'node:fs';\nconsole.log(x + 2);\n",
  ],
  ["bash", "a.sh", "echo no; echo no >&2; x=40\n", "echo $((x + 2))\n"],
])("so does one of %s", async (runtime, name, intro, code) => {
  file(name, intro);
  file(`last-${name}`, code);
  const terms = ["--runtime", runtime, "--after", name];
  expect(await call("run", `last-${name}`, ...terms)).toEqual({
    code: 0,
    stdout: "42\n",
    stderr: "",
  });
});

test("code before that fails says so itself", async () => {
  file("bad.py", "print('so far')\nraise SystemExit('it failed')\n");
  const run = await call("run", NEXT, "--after", "bad.py");
  expect(run).toMatchObject({ code: 1, stdout: "so far\n" });
  expect(run.stderr).toContain("it failed");
});

test.each([
  [["--file", "../x.csv"], "name it with --file NAME=../x.csv"],
  [["--file", "main.py"], "--file main.py is a name that programs get from the sandbox"],
  [["--file", "data.csv", "--file", "./data.csv"], "--file data.csv is there twice"],
  [
    ["--file", "a=data.csv", "--file", "a/b=data.csv"],
    "--file a is also the folder of another file",
  ],
  [["--file", "none.csv"], "none.csv is not there"],
  [["--setup", "none.py"], "none.py is not there"],
])("%j is refused", async (terms, words) => {
  const { code, stderr, stdout } = await call("sign", MAIN, ...terms);
  expect({ stdout, ok: code === 0 }).toEqual({ stdout: "", ok: false });
  expect(stderr).toContain(words);
});

test("a larger file is stored with the published block, and placed where its digest fits", async () => {
  const rows = Buffer.from("1,2,3\n".repeat(900_000));
  const digest = createHash("sha256").update(rows).digest("hex");
  const survey = file("survey.csv", rows);
  const program = file(
    "digest.py",
    "import hashlib\nprint(hashlib.sha256(open('in/survey.csv', 'rb').read()).hexdigest())\n",
  );
  const options = [program, "--file", `in/survey.csv=${survey}`];
  for (const command of ["sign", "run"]) {
    const refused = await call(command, ...options);
    expect(refused).toMatchObject({ code: 65, stdout: "" });
    expect(refused.stderr).toContain("--publish");
  }

  for (const as of ["Survey", "a_b"]) {
    expect(await call("sign", ...options, "--publish", "--yes", "--as", as)).toMatchObject({
      ...{ code: 2, stdout: "" },
    });
  }
  expect(await call("sign", ...options, "--as", "survey")).toMatchObject({ code: 2, stdout: "" });
  const signed = await call("sign", ...options, "--publish", "--yes", "--as", "survey");
  expect(signed.stderr).toMatch(/note: published at \S+\/local\/demo\/blocks\/survey\n/);
  expect(signed.stdout).not.toContain("files=");
  const page = file("stored.html", signed.stdout);
  expect((await call("run", page)).stdout).toBe(`${digest}\n`);
  expect((await call("verify", page)).stdout).toMatch(/✓ +files +kept by the server/);
  const stored = () => glob("storage/objects/blocks/local/demo/**/*", { cwd: served.data });
  const object = (await Array.fromAsync(stored())).find((path) => path.endsWith(digest));
  rows[0] = 0x32;
  writeFileSync(join(served.data, object!), rows);
  const changed = await call("run", page);
  expect(changed).toMatchObject({ code: 70, stdout: "" });
  expect(changed.stderr).toContain("as its author signed it. in/survey.csv has other bytes.");

  const id = /\/blocks\/(\w{16})/.exec(signed.stderr)![1]!;
  const place = /\S+\/blocks\/survey$/m.exec(signed.stderr)![0];
  expect(await call("unpublish", place, "--yes")).toMatchObject({
    code: 0,
    stdout: `unpublished ${id}\n`,
  });
  expect(await Array.fromAsync(stored())).toEqual([]);
  expect((await call("run", page)).stderr).toContain("keeps its files while it is published");
  const lacking = await call("publish", page, "--yes");
  expect(lacking.stderr).toContain("the server lacks in/survey.csv");
  expect(await call("publish", page, "--yes", "--file", survey)).toMatchObject({ code: 0 });
  expect((await call("run", page)).stdout).toBe(`${digest}\n`);
});
