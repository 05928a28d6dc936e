import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { compressedNode } from "./node-cache.ts";
import { freePort } from "./free-port.ts";
import { startEc2 } from "./services/ec2/endpoint.ts";

// What a stranger gets: the packed tarball, installed in an empty folder by the machine's own npm.

const ROOT = join(import.meta.dirname, "..");
const folder = mkdtempSync(join(tmpdir(), "deferred-package-"));
const app = join(folder, "app");
/** The package's command as it is installed: npx takes longer to start than the command itself. */
const COMMAND = join(app, "node_modules/.bin/deferred");
let tarball: string;
const own = join(ROOT, "node_modules/.bin");
const path = (process.env["PATH"] ?? "").split(delimiter).filter((entry) => entry !== own);
const env = {
  // TypeScript collects garbage less often, which takes a third off its CPU time.
  GOGC: "400",
  PATH: path.join(delimiter),
  HOME: process.env["HOME"],
  XDG_CACHE_HOME: join(folder, "cache"),
  DEFERRED_DATA: join(folder, "data"),
  DEFERRED_LOG: "error",
  npm_config_loglevel: "error",
  // What the project's own install has fetched is taken as it is, and a stalled connection is tried again: npm waits 5 min.
  npm_config_prefer_offline: "true",
  npm_config_fetch_timeout: "20000",
};
const run = (command: string, args: string[], cwd: string, more: Record<string, string> = {}) =>
  promisify(execFile)(command, args, {
    cwd,
    env: { ...env, ...more },
    maxBuffer: 16 * 1024 * 1024,
  });

/** Starts the server of the package; answers the address that it prints once it serves. */
async function serve(args: string[], more: Record<string, string> = {}): Promise<string> {
  const server = spawn(COMMAND, ["serve", ...args], {
    cwd: app,
    env: { ...env, ...more },
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
  await vi.waitFor(() => expect(printed).toContain("Deferred Runner is at"), 50_000);
  return /at (http\S+)/.exec(printed)![1]!;
}

beforeAll(async () => {
  // A copy is built, so that dist/ does not change under the tests that run meanwhile.
  const source = join(folder, "source");
  const left = ["node_modules", "dist", "data", ".git", "tmp"];
  cpSync(ROOT, source, { recursive: true, filter: (from) => !left.includes(basename(from)) });
  // The bundles of today's sources are there, as the suite has built them for its other tests.
  for (const name of readdirSync(join(ROOT, "dist"))) {
    if (!/^(guides|machine|node|widget|\..*-stamp)$/.test(name)) continue;
    cpSync(join(ROOT, "dist", name), join(source, "dist", name), { recursive: true });
  }
  symlinkSync(join(ROOT, "node_modules"), join(source, "node_modules"));
  await run("npm", ["pack", "--pack-destination", folder], source, { BUILD_ONLY_STALE: "1" });
  tarball = join(
    folder,
    readdirSync(folder).find((name) => name.endsWith(".tgz"))!,
  );
  mkdirSync(app);
  writeFileSync(join(app, "package.json"), '{ "type": "module" }');
  await run("npm", ["install", "--no-audit", "--no-fund", tarball], app);
}, 240_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const deferred = (...args: string[]) => run(COMMAND, args, app);

test("its exports and types are as npm and TypeScript expect them", async () => {
  const bin = (name: string) => join(own, name);
  await run(bin("publint"), ["run", tarball, "--strict"], folder);
  await run(bin("attw"), [tarball, "--profile", "esm-only", "--no-emoji"], folder);
});

test("the command runs, whatever Node the machine has", async () => {
  const { stdout } = await run("npx", ["deferred", "--version"], app);
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test("it is small, and has the licences of what is bundled in it", () => {
  const files = readdirSync(join(app, "node_modules"), { recursive: true, encoding: "utf8" });
  const sizes = files.map((file) => lstatSync(join(app, "node_modules", file)).size);
  const megabytes = sizes.reduce((sum, size) => sum + size, 0) / 1e6;
  // 13 as measured; dependencies that are bundled and installed as well would double it.
  expect(megabytes).toBeLessThan(20);
  for (const [folder, name] of [
    ["node", "@aws-sdk/client-ec2"],
    ["widget", "lit-html"],
    ["machine", "valibot"],
  ] as const) {
    const path = join(app, "node_modules/deferred-runner/dist", folder, "THIRD-PARTY-LICENSES");
    expect(readFileSync(path, "utf8")).toMatch(new RegExp(`^${name} \\d`, "m"));
  }
});

test("site generators find their plug-ins, which need nothing but the package", async () => {
  const names = ["astro", "eleventy", "markdown-it", "rehype", "vitepress"];
  const load = names.map((name) => `...Object.keys(await import("deferred-runner/${name}"))`);
  const ask = `console.log([${load.join()}].join(" "))`;
  const { stdout } = await run("node", ["--input-type=module", "-e", ask], app);
  expect(stdout).toBe(
    "astroDeferred eleventyDeferred markdownItDeferred rehypeDeferred withDeferred\n",
  );
  for (const file of ["hugo/render-codeblock.html", "jekyll/deferred.rb"]) {
    expect(existsSync(join(app, "node_modules/deferred-runner/plugins", file)), file).toBe(true);
  }
});

test("the element is what the package's name imports", async () => {
  const ask = "console.log(import.meta.resolve('deferred-runner'))";
  const { stdout } = await run("node", ["--input-type=module", "-e", ask], app);
  expect(stdout).toMatch(/\/dist\/module\/widget\/define\.js\n$/);
  expect(existsSync(new URL(stdout.trim()))).toBe(true);
});

test("where pages are rendered, the import does nothing", async () => {
  for (const name of ["deferred-runner", "deferred-runner/react", "deferred-runner/vue"]) {
    const ask = `const module = await import("${name}"); console.log(Object.keys(module).join(), typeof document)`;
    const { stdout, stderr } = await run("node", ["--input-type=module", "-e", ask], app);
    expect([stdout, stderr]).toEqual(["DeferredRunnerElement undefined\n", ""]);
  }
});

test("its types tell TypeScript of the element in React, in Preact, in Vue and in the DOM", async () => {
  // What a project of that framework would have installed.
  for (const name of ["@types/react", "preact", "vue"]) {
    const there = join(app, "node_modules", name);
    mkdirSync(dirname(there), { recursive: true });
    if (!existsSync(there)) symlinkSync(join(ROOT, "node_modules", name), there);
  }
  writeFileSync(
    join(app, "react.tsx"),
    `import "deferred-runner/react";
     export const good = <deferred-runner block="a.b.c" server="https://runner.example" className="x"
       ondeferred-runner:ended={(event) => { const code: number | null = event.detail.exit_code; void code; }} />;
     // @ts-expect-error: the token is needed.
     export const bad = <deferred-runner />;
     const state: string | undefined = document.querySelector("deferred-runner")?.state; void state;`,
  );
  writeFileSync(
    join(app, "preact.tsx"),
    `/** @jsxImportSource preact */
     import "deferred-runner/preact";
     export const good = [<deferred-runner block="a.b.c" label="x" />, <deferred-runner gist="octocat/1" file="x.py" />];
     // @ts-expect-error: no such attribute.
     export const bad = <deferred-runner block="a.b.c" labl={1} />;`,
  );
  writeFileSync(
    join(app, "vue.ts"),
    `import "deferred-runner/vue";
     import type { GlobalComponents } from "vue";
     type Props = InstanceType<GlobalComponents["deferred-runner"]>["$props"];
     export const good: Props = { block: "a.b.c" };
     // @ts-expect-error: a token is text.
     export const bad: Props = { block: 1 };`,
  );
  const options = ["--noEmit", "--strict", "--jsx", "react-jsx", "--module", "nodenext"];
  options.push("--singleThreaded"); // Each of its threads checks much of the same anew.
  const lib = ["--target", "es2024", "--lib", "es2024,dom,dom.iterable", "--types", ""];
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  const files = ["react.tsx", "preact.tsx", "vue.ts"];
  const checked = await run(process.execPath, [tsc, ...options, ...lib, ...files], app).catch(
    (error: { stdout: string }) => error,
  );
  expect(checked.stdout).toBe("");
});

test("it serves, signs and runs", async () => {
  const url = await serve(["--port", "0"]);
  writeFileSync(join(app, "answer.py"), "print(6 * 7)\n");
  expect((await deferred("run", "answer.py")).stdout).toBe("42\n");

  const page = await fetch(`${url}/`);
  expect(await page.text()).toContain("<deferred-runner");
  expect((await fetch(`${url}/deferred-runner.js`)).status).toBe(200);
  expect(await (await fetch(`${url}/docs/embed`)).text()).toContain('<h2 id="three-steps">');
});

test("with machines on EC2 it serves what they load, and prints how to bake and what to prepare", async () => {
  const ec2 = await startEc2();
  onTestFinished(() => ec2.close());
  const data = join(folder, "on-ec2");
  // Compressing Node takes seconds, and tests of machines have done it.
  if (existsSync(compressedNode)) {
    cpSync(compressedNode, join(data, "cache/machine"), { recursive: true });
  }
  const port = await freePort();
  const settings = {
    ...ec2.env,
    DEFERRED_DATA: data,
    DEFERRED_COMPUTE: "ec2",
    DEFERRED_EC2_SECURITY_GROUP: "sg-0aaaaaaaaaaaaaaaa",
    DEFERRED_URL: `http://127.0.0.1:${port}`,
  };
  const url = await serve(["--port", port], settings);
  const manifest = await fetch(`${url}/v1/machine/manifest?arch=${process.arch}`);
  const { files } = (await manifest.json()) as {
    files: { name: string; url: string; sha256: string }[];
  };
  expect(files.map(({ name }) => name)).toEqual(["node", "responder.mjs"]);
  for (const file of files) {
    const sent = await fetch(url + file.url, { method: "HEAD" });
    expect(Number(sent.headers.get("content-length"))).toBeGreaterThan(100_000);
  }
  const responder = await (await fetch(url + files[1]!.url)).text();
  expect(createHash("sha256").update(responder).digest("hex")).toBe(files[1]!.sha256);

  const at = ["--url", "https://runner.example", "--region", "eu-west-1"];
  const baking = await deferred("image", "bake", "--user-data", ...at);
  expect(baking.stdout).toMatch(/^#cloud-boothook\n/);
  const template = readFileSync(join(ROOT, "infra/stack.yaml"), "utf8");
  expect((await deferred("aws", "template")).stdout).toBe(template);
});
