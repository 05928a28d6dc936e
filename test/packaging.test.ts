import { execFile, spawn } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, delimiter, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";

// What a stranger gets: the packed tarball, installed in an empty folder by the machine's own npm.

const ROOT = join(import.meta.dirname, "..");
const folder = mkdtempSync(join(tmpdir(), "deferred-package-"));
const app = join(folder, "app");
const own = join(ROOT, "node_modules/.bin");
const path = (process.env["PATH"] ?? "").split(delimiter).filter((entry) => entry !== own);
const env = {
  PATH: path.join(delimiter),
  HOME: process.env["HOME"],
  XDG_CACHE_HOME: join(folder, "cache"),
  DEFERRED_DATA: join(folder, "data"),
  DEFERRED_LOG: "error",
  npm_config_loglevel: "error",
};
const run = (command: string, args: string[], cwd: string) =>
  promisify(execFile)(command, args, { cwd, env, maxBuffer: 16 * 1024 * 1024 });

beforeAll(async () => {
  // A copy is built, so that dist/ does not change under the tests that run meanwhile.
  const source = join(folder, "source");
  const left = ["node_modules", "dist", "data", ".git", "tmp"];
  cpSync(ROOT, source, { recursive: true, filter: (from) => !left.includes(basename(from)) });
  symlinkSync(join(ROOT, "node_modules"), join(source, "node_modules"));
  await run("npm", ["pack", "--pack-destination", folder], source);
  const tarball = readdirSync(folder).find((name) => name.endsWith(".tgz"))!;
  mkdirSync(app);
  writeFileSync(join(app, "package.json"), '{ "type": "module" }');
  await run("npm", ["install", "--no-audit", "--no-fund", join(folder, tarball)], app);
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const deferred = (...args: string[]) => run("npx", ["deferred", ...args], app);

test("the command runs, whatever Node the machine has", async () => {
  const { stdout } = await deferred("--version");
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
}, 60_000);

test("the element is what the package's name imports", async () => {
  const ask = "console.log(import.meta.resolve('deferred-runner'))";
  const { stdout } = await run("node", ["--input-type=module", "-e", ask], app);
  expect(stdout).toMatch(/\/dist\/widget\/deferred-runner\.js\n$/);
  expect(existsSync(new URL(stdout.trim()))).toBe(true);
});

test("it serves, signs and runs", async () => {
  const server = spawn("npx", ["deferred", "serve", "--port", "0"], {
    cwd: app,
    env,
    detached: true,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise((resolve) => server.on("close", resolve));
  onTestFinished(async () => {
    if (server.exitCode === null) process.kill(-server.pid!, "SIGTERM");
    await ended;
  });
  let printed = "";
  server.stdout.setEncoding("utf8").on("data", (text: string) => (printed += text));
  await vi.waitFor(() => expect(printed).toContain("Deferred Runner is at"), 30_000);
  writeFileSync(join(app, "answer.py"), "print(6 * 7)\n");
  expect((await deferred("run", "answer.py")).stdout).toBe("42\n");

  const [, url] = /at (http\S+)/.exec(printed)!;
  const page = await fetch(`${url}/`);
  expect(await page.text()).toContain("<deferred-runner");
  expect((await fetch(`${url}/deferred-runner.js`)).status).toBe(200);
}, 60_000);
