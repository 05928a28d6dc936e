import { spawn } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { storeFile } from "../server/http/compression/stored.ts";
import { buildStale } from "./bundles.mjs";
import { staleDocs } from "./docs.ts";
import { inRoot, ROOT } from "./root.mjs";

/** Maximum bytes of the element in either coding that the server sends: before a press, and in total. */
const ELEMENT_BUDGET = { "before a press": 16_000, "for a run": 28_000 };

/** Each check throws an error with a message for a person, or returns a short summary. */
const CHECKS: Record<string, () => Promise<string | void>> = {
  types: () => run("tsc"),
  lint: () => run("oxlint"),
  format: () => run("oxfmt", "--check"),
  boundaries: () => run("vitest", "run", "--project", "unit", "test/architecture.test.ts"),
  "dead code": () => run("knip", "--no-progress"),
  docs: async () => {
    const stale = await staleDocs();
    if (stale.length > 0) throw new Error(`${stale.join(", ")}: run npm run docs, then commit.`);
  },
  "widget size": async () => {
    buildStale();
    const script = await codedSizes("deferred-runner.js");
    const [part = ""] = await readdir(inRoot("dist/widget/v"));
    const later = await codedSizes(join("v", part));
    const all = { br: script.br + later.br, gzip: script.gzip + later.gzip };
    const sizes = { "before a press": script, "for a run": all };
    const said = Object.entries(sizes).map(([when, { br, gzip }]) => {
      const budget = ELEMENT_BUDGET[when as keyof typeof sizes];
      const size = `${when} ${br} as Brotli, ${gzip} as gzip, of ${budget} bytes`;
      if (Math.max(br, gzip) > budget) throw new Error(`The element is too large: ${size}.`);
      return size;
    });
    return said.join("; ");
  },
};

/** Sizes of a built file of the element as the server sends it. */
async function codedSizes(file: string): Promise<{ br: number; gzip: number }> {
  const text = await readFile(inRoot("dist/widget", file), "utf8");
  const { coded } = await storeFile(text, "text/javascript", "");
  return { br: coded.br.length, gzip: coded.gzip.length };
}

/** Runs a program of node_modules/.bin; if it fails, its output becomes the error's message. */
function run(command: string, ...args: string[]): Promise<string> {
  const env = { ...process.env, PATH: `${inRoot("node_modules/.bin")}:${process.env["PATH"]}` };
  const child = spawn(command, args, { cwd: ROOT, env, stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) =>
      code === 0 ? resolve(stdout) : reject(new Error(`${stdout}${stderr}`.trim())),
    );
  });
}

const { positionals } = parseArgs({ allowPositionals: true });
const failures: [name: string, error: Error][] = [];
for (const [name, check] of Object.entries(CHECKS)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  const began = performance.now();
  const outcome = await check().catch((error: Error) => error);
  const failed = outcome instanceof Error;
  if (failed) failures.push([name, outcome]);
  const seconds = ((performance.now() - began) / 1000).toFixed(1).padStart(6);
  const said = typeof outcome === "string" && /^.+$/.test(outcome) ? `  ${outcome}` : "";
  process.stdout.write(`${failed ? "FAIL" : "ok  "}  ${name.padEnd(12)} ${seconds} s${said}\n`);
}
for (const [name, error] of failures) process.stdout.write(`\n${name}:\n${error.message}\n`);
process.exitCode = failures.length > 0 ? 1 : 0;
