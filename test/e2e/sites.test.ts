import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { runCommandLine } from "../cli/command-line.ts";
import { COMPILED } from "../compiled.ts";
import { deferred, startServing, type Served } from "../systems/process.ts";

const ROOT = join(import.meta.dirname, "../..");
const run = promisify(execFile);

const pre = (code: string, mark = "", language = "python") =>
  `<pre data-deferred="${mark}"><code class="language-${language}">${code}</code></pre>\n`;
const PICTURE = `mkdir -p artifacts; printf '&lt;svg xmlns="http://www.w3.org/2000/svg"/>' > artifacts/a.svg`;
const PAGE = `<!doctype html>\n<html lang="de"><title>t</title>\n${[
  pre("print('first\\x1b[1m&amp;\\x1b[0m'); open('n', 'w').write('x')", "name=one"),
  pre("print(open('n').read() * 3)", "after=one"),
  pre(PICTURE, "", "sh"),
  pre("import sys; sys.exit('not now')", "record=no"),
].join("")}`;

let served: Served;
let site: string;
/** The environment of a CI job: no data folder, the key in a variable. */
let ci: Record<string, string>;

beforeAll(async () => {
  served = await startServing();
  site = await mkdtemp(join(tmpdir(), "deferred-site-"));
  const made = await deferred(served, ["keys", "new", "--ci"]);
  expect(made.stderr).toMatch(/secret DEFERRED_SIGNING_KEY[^]*GitHub[^]*deferred keys revoke/);
  ci = { DEFERRED_DATA: join(site, "none"), DEFERRED_SIGNING_KEY: made.stdout.trim() };
  await build();
});
afterAll(async () => {
  await served.clear();
  await rm(site, { recursive: true });
});

/** What the generator does. */
async function build(page = PAGE): Promise<void> {
  await mkdir(join(site, "public"), { recursive: true });
  await writeFile(join(site, "public/index.html"), page);
}
const page = () => readFile(join(site, "public/index.html"), "utf8");
const inSite = (args: string[], env = ci) => runCommandLine(args, { cwd: site, env });
const sign = (...args: string[]) => inSite(["sign", "site", "public", ...args]);
const verify = () => inSite(["verify", "--site", "public"]);

test("a key for CI is printed once and stays nowhere", async () => {
  const { kid } = JSON.parse(ci["DEFERRED_SIGNING_KEY"]!) as { kid: string };
  const files = await readdir(join(served.data, "keys/local/demo"));
  expect(files).not.toContain(`${kid}.json`);
  expect((await deferred(served, ["keys", "list"])).stdout).toContain(kid);
});

test("what blocks print is recorded, and later builds have it without key and server", async () => {
  const signed = await sign("--aud", served.url, "--project", "local/demo", "--record");
  expect(signed.stderr).toBe("note: recorded 3 blocks\n");
  expect(signed.code).toBe(0);
  const html = await page();
  const outputs = html.match(/<output [^]*?<\/output>/g)!;
  expect(outputs).toHaveLength(3);
  expect(outputs[0]).toMatch(
    /^<output data-recorded><time datetime="20\d\d-[^"]+Z">\d+\. \S+ 20\d\d<\/time><pre>first&amp;<\/pre><\/output>$/,
  );
  expect(outputs[1]).toContain("<pre>xxx</pre>");
  expect(outputs[2]).toMatch(/<img src="data:image\/svg\+xml;base64,PHN2[^"]+" alt="a.svg">/);
  expect((await sign("--record")).stdout).toBe("4 blocks on 1 page: 0 new; 0 pages changed\n");

  await build();
  const elsewhere = { DEFERRED_DATA: join(site, "none"), DEFERRED_URL: "http://127.0.0.1:1" };
  expect((await inSite(["sign", "site", "public"], elsewhere)).code).toBe(0);
  expect(await page()).toBe(html);
});

test("a block that does not succeed is not recorded, and nothing is written", async () => {
  await build(PAGE.replace("record=no", ""));
  const before = await readFile(join(site, "deferred-blocks.lock.json"), "utf8");
  const { code, stderr } = await sign("--record");
  expect(code).toBe(65);
  expect(stderr).toContain("public/index.html:6: it can't be recorded. Ended with exit status 1");
  expect(stderr).toContain(": not now\n  hint: correct the program, or mark it record=no\n");
  expect(await readFile(join(site, "deferred-blocks.lock.json"), "utf8")).toBe(before);
});

test("the steps of the GitHub action sign and verify a site", async () => {
  await build();
  const folder = join(ROOT, ".github/actions/site");
  const action = parse(await readFile(join(folder, "action.yml"), "utf8")) as {
    inputs: Record<string, { default?: string }>;
    runs: { steps: { run: string; env: Record<string, string> }[] };
  };
  const given: Record<string, string> = {
    folder: "public",
    "signing-key": ci["DEFERRED_SIGNING_KEY"]!,
  };
  const bin = await shim();
  for (const step of action.runs.steps) {
    const env = Object.entries(step.env).map(([name, value]) => {
      const [, input = ""] = /^\$\{\{ inputs\.([\w-]+) \}\}$/.exec(value)!;
      return [name, given[input] ?? action.inputs[input]!.default!];
    });
    const { stdout } = await run("bash", ["-eo", "pipefail", "-c", step.run], {
      cwd: site,
      env: { ...COMPILED, ...Object.fromEntries(env), PATH: bin, GITHUB_ACTION_PATH: folder },
    });
    expect(stdout).toMatch(/^4 blocks on 1 page: (0 new; 1 page changed|nothing is wrong)\n$/);
  }
});

test("the pre-commit hooks let a signed site be committed, and a changed one not", async () => {
  const hooks = parse(await readFile(join(ROOT, ".pre-commit-hooks.yaml"), "utf8")) as {
    id: string;
    entry: string;
  }[];
  const { entry } = hooks.find(({ id }) => id === "deferred-verify-site")!;
  const env = { ...COMPILED, ...ci, PATH: await shim(), HOME: site };
  const git = (...args: string[]) => run("git", args, { cwd: site, env });
  await git("init", "-q");
  await git("config", "user.email", "ada@blog.example");
  await git("config", "user.name", "Ada");
  const hook = join(site, ".git/hooks/pre-commit");
  await writeFile(hook, `#!/bin/sh\nexec ${entry} public\n`);
  await chmod(hook, 0o755);
  await build();
  await sign();
  await git("add", "public", "deferred-blocks.lock.json");
  await git("commit", "-qm", "signed");
  await writeFile(join(site, "public/index.html"), (await page()).replace("* 3", "* 4"));
  await git("add", "public");
  await expect(git("commit", "-qm", "changed")).rejects.toMatchObject({
    stderr: expect.stringContaining("public/index.html:4: not the code that was signed"),
  });
  await build();
  await sign();
});

/** A `PATH` with the command `deferred`. */
async function shim(): Promise<string> {
  const bin = join(site, "bin");
  await mkdir(bin, { recursive: true });
  const file = join(bin, "deferred");
  await writeFile(file, `#!/bin/sh\nexec ${process.execPath} ${ROOT}/cli/deferred.mjs "$@"\n`);
  await chmod(file, 0o755);
  return `${bin}:${process.env["PATH"]}`;
}

test("revoked blocks and keys are found, and signed again", async () => {
  expect((await verify()).stdout).toBe("4 blocks on 1 page: nothing is wrong\n");
  // A block that somebody signed by hand, with a key that the lock does not have.
  const program = join(site, "hand.py");
  await writeFile(program, "print(1)\n");
  const byHand = await deferred(served, ["sign", program]);
  await writeFile(join(site, "public/hand.html"), byHand.stdout);
  expect((await verify()).stdout).toBe("5 blocks on 2 pages: nothing is wrong\n");
  await rm(join(site, "public/hand.html"));

  const one = join(site, "one.html");
  await writeFile(one, (await page()).split("\n")[2]!);
  await deferred(served, ["revoke", one, "--yes"]);
  const block = await verify();
  expect(block.code).toBe(65);
  expect(block.stdout).toContain("public/index.html:3: The block was taken back by its author.\n");

  const { kid } = JSON.parse(ci["DEFERRED_SIGNING_KEY"]!) as { kid: string };
  await deferred(served, ["keys", "revoke", kid, "--yes"]);
  const { stdout, stderr } = await verify();
  expect(stdout.match(/index\.html:\d: The key that signed the block was revoked/g)).toHaveLength(
    4,
  );
  expect(stderr).toContain("with --renew after a key was revoked");
  ci["DEFERRED_SIGNING_KEY"] = (await deferred(served, ["keys", "new", "--ci"])).stdout.trim();
  expect((await sign("--renew")).stdout).toContain("4 blocks on 1 page: 4 new");
  expect((await verify()).code).toBe(0);
  await served.stop();
  const unasked = await verify();
  expect(unasked.code).toBe(1);
  expect(unasked.stderr).toMatch(/not checked: revocations: http\S+ was not asked/);
});
