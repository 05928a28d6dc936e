import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { readChurn } from "../../../responder/churn/churn.ts";
import { churnReport } from "../../../responder/churn/report.ts";
import { makeRepository } from "../../services/git-repository.ts";
import { makeHistory } from "./made-history.ts";

const run = promisify(execFile);
const signal = new AbortController().signal;

async function freshFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "deferred-churn-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

/** How many commits `git log` lists. */
async function listed(folder: string, ...args: string[]): Promise<number> {
  const all = ["-C", folder, "log", "--no-merges", "--format=%H", "--no-patch", ...args];
  const { stdout } = await run("git", all, { maxBuffer: 2 ** 28 });
  return stdout.split("\n").filter((line) => /^[0-9a-f]{40}$/.test(line)).length;
}

describe("the figures are those of git log, by its own following of files and functions", () => {
  test("on a small history with renames, functions that come and go, and other languages", async () => {
    const root = await freshFolder();
    const { work, commit, git } = await makeRepository(root, "app");
    const body = Array.from({ length: 12 }, (_, line) => `  step(${line});\n`).join("");
    const one = (inner: string) => `function one() {\n${inner}}\n`;
    const two = "export function two(\n  a,\n) {\n  return a;\n}\n";
    const shell = "greet() {\n  echo hello\n}\n";
    await commit({ "a.js": one(body), "tool.sh": shell, "gone.rb": "def x\n  1\nend\n" });
    await commit({ "a.js": `// Head\n${one(body)}\n${two}` });
    await commit({
      "a.js": `// Head\n// More\n${one(body.replace("3", "33"))}\n${two}`,
      "gone.rb": null,
    });
    await git("mv", "a.js", "b.js");
    await commit({
      "b.js": `// Head\n${one(body.replace("3", "34"))}\n${two.replace("return a", "return a + 1")}`,
    });
    await commit({ "tool.sh": shell.replace("hello", "bye"), "b.js": `${one(body)}\n${two}` });
    await commit({ 'odd "name"\t.js': one(""), "ünï.js": one(""), run: "\0\x01binary" });
    await commit({
      'odd "name"\t.js': one("  1;\n"),
      "ünï.js": one("  1;\n"),
      run: "\0\x02binary",
    });

    const { files, functions, commits } = await readChurn({ folder: work, signal });
    expect(commits).toBe(7);
    const counts = Object.fromEntries(files.map(({ path, commits }) => [path, commits]));
    expect(counts).toEqual({ "b.js": 5, "tool.sh": 2, 'odd "name"\t.js': 2, "ünï.js": 2, run: 2 });
    expect(files.find(({ path }) => path.includes("\t"))).toMatchObject({ lines: 3 });
    for (const { path, commits } of files) {
      expect([path, await listed(work, "--follow", "--", path)]).toEqual([path, commits]);
    }
    expect(functions?.map(({ name }) => name).toSorted()).toEqual([
      "greet",
      "one",
      "one",
      "one",
      "two",
    ]);
    for (const { name, path, line, lines, commits } of functions ?? []) {
      const by = await listed(work, `-L${line},${line + lines - 1}:${path}`);
      expect([name, path, by]).toEqual([name, path, commits]);
    }
  });

  test("on 1,500 commits of one line", async () => {
    const folder = await freshFolder();
    await makeHistory(folder, 1_500);
    const { files, functions = [], commits } = await readChurn({ folder, signal });
    expect(commits).toBe(1_500);
    const counted = files.reduce((sum, file) => sum + file.commits, 0);
    const { stdout } = await run("git", ["-C", folder, "log", "-M", "--name-only", "--format="], {
      maxBuffer: 2 ** 28,
    });
    expect(counted).toBe(stdout.split("\n").filter((line) => line !== "").length);
    expect(functions.length).toBe(200 * 12);
    for (const at of [0, 1, 2, 10, 50, 150]) {
      const { path, commits } = files[at]!;
      expect([path, await listed(folder, "--follow", "--", path)]).toEqual([path, commits]);
    }
    for (const at of [0, 1, 5, 100, 900]) {
      const { path, line, lines, commits } = functions[at]!;
      const by = await listed(folder, "-M", `-L${line},${line + lines - 1}:${path}`);
      expect([path, line, by]).toEqual([path, line, commits]);
    }
  });
});

test("merges count for what they join, not for themselves", async () => {
  const root = await freshFolder();
  const { work, commit, git } = await makeRepository(root, "app");
  await commit({ "a.py": "def a():\n    return 1\n" });
  await commit({ "b.py": "x = 1\n" }, { branch: "side" });
  await commit({ "c.py": "y = 1\n" });
  await git("-c", "user.name=a", "-c", "user.email=a@example.org", "merge", "--quiet", "side");
  const { commits, files } = await readChurn({ folder: work, signal });
  expect(commits).toBe(3);
  expect(files.map((file) => file.commits)).toEqual([1, 1, 1]);
});

describe("the report", () => {
  test("escapes whatever a repository calls its files, and needs nothing from elsewhere", async () => {
    const root = await freshFolder();
    const { work, commit } = await makeRepository(root, "app");
    const evil = '<img src=x onerror="alert(1)">\u202e\u001b[31m&.py';
    await commit({ [evil]: "def <script>():\n  pass\ndef fine():\n  pass\n" });
    const { html, text, json } = await churnReport({ folder: work, signal });
    expect(html).not.toContain("<img");
    expect(html).toContain("&lt;img src=x onerror=&quot;alert(1)&quot;&gt;");
    expect(html + text).not.toMatch(/[\u202e\u001b]/);
    expect(html).not.toMatch(/<script|https?:|url\(/);
    expect(JSON.parse(json)).toMatchObject({
      commits: 1,
      files: [{ path: evil, commits: 1, lines: 4 }],
    });
  });

  test("says that a history was cut", async () => {
    const root = await freshFolder();
    const { bare, commit } = await makeRepository(root, "app");
    await commit({ "a.py": "x = 1\n" });
    await commit({ "a.py": "x = 2\n" });
    const folder = join(root, "shallow");
    await run("git", ["clone", "--quiet", "--depth", "1", `file://${bare}`, folder]);
    const { text } = await churnReport({ folder, signal });
    expect(text).toContain("1 commit up to");
    expect(text).toContain("The history was cut");
  });

  test("is made by the program that sandboxes get", async () => {
    const root = await freshFolder();
    const { work, commit } = await makeRepository(root, "app");
    await commit({ "a.py": "def a():\n    return 1\n" });
    const program = join(import.meta.dirname, "../../../responder/churn/main.ts");
    const { stdout } = await run(process.execPath, [program], { cwd: work });
    expect(stdout).toMatch(/^1 commit up to [0-9a-f]{12}, from .* merges left out\.\n/);
    expect((await readdir(join(work, "artifacts"))).toSorted()).toEqual([
      "churn.html",
      "churn.json",
    ]);
    const html = await readFile(join(work, "artifacts/churn.html"), "utf8");
    expect(html).toContain("<title>a.py: 1 commit, 2 lines</title>");
    await writeFile(join(root, "none"), "");
    const elsewhere = run(process.execPath, [program], { cwd: "/" });
    await expect(elsewhere).rejects.toMatchObject({ code: 1 });
  });
});
