import { spawn } from "node:child_process";
import { parseArgs } from "node:util";
import { buildStale } from "./bundles.mjs";
import { staleDocs } from "./docs.ts";
import { inRoot, ROOT } from "./root.mjs";
import { widgetSizes } from "./widget-sizes.ts";

/**
 * The type checker and the type-aware linter are Go programs. A rarer garbage collection takes a third off their
 * processor time; the limit bounds what it costs in memory.
 */
const RARE_COLLECTION = { GOGC: "400", GOMEMLIMIT: "2GiB" };

/** Each check throws an error with a message for a person, or returns a short summary. */
const CHECKS: Record<string, () => Promise<string | void>> = {
  // One thread takes half the processor time of four, each of which checks much of the same anew.
  types: () => run("tsc", "--singleThreaded"),
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
    const sizes = await widgetSizes();
    const lines = sizes.map(({ name, bytes, bound }) => `${name} ${bytes} of ${bound}`);
    if (sizes.some(({ bytes, bound }) => bytes > bound)) {
      throw new Error(
        `A part of the element is too large, in bytes of Brotli:\n${lines.join("\n")}`,
      );
    }
    return lines.join(", ");
  },
};

/** Runs a program of node_modules/.bin; if it fails, its output becomes the error's message. */
function run(command: string, ...args: string[]): Promise<string> {
  const env = {
    ...RARE_COLLECTION,
    ...process.env,
    PATH: `${inRoot("node_modules/.bin")}:${process.env["PATH"]}`,
  };
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

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { except: { type: "string", multiple: true, default: [] } },
});
const failures: [name: string, error: Error][] = [];
const asked = Object.entries(CHECKS).filter(
  ([name]) =>
    !values.except.includes(name) && (positionals.length === 0 || positionals.includes(name)),
);
const report = async ([name, check]: (typeof asked)[number]) => {
  const began = performance.now();
  const outcome = await check().catch((error: Error) => error);
  const failed = outcome instanceof Error;
  if (failed) failures.push([name, outcome]);
  const seconds = ((performance.now() - began) / 1000).toFixed(1).padStart(6);
  const said = typeof outcome === "string" && /^.+$/.test(outcome) ? `  ${outcome}` : "";
  process.stdout.write(`${failed ? "FAIL" : "ok  "}  ${name.padEnd(12)} ${seconds} s${said}\n`);
};
await Promise.all(asked.map(report));
for (const [name, error] of failures) process.stdout.write(`\n${name}:\n${error.message}\n`);
process.exitCode = failures.length > 0 ? 1 : 0;
