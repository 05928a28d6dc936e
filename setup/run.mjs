// Every npm script comes through here, so that a bare machine needs nothing but some Node and npm:
// this file and what it imports run on Node 18, the rest of the project on the Node of node_modules.
import { spawnSync } from "node:child_process";
import { realpathSync } from "node:fs";
import module from "node:module";
import { argv } from "node:process";
import { pathToFileURL } from "node:url";
import { runNode } from "../cli/run-node.mjs";
import { missingTools, provideTools } from "./debian.mjs";
import { packagesDiffer, installPackages, NODE } from "./packages.mjs";
import { buildStale } from "./bundles.mjs";
import { inRoot, ROOT, say } from "./root.mjs";

/**
 * @typedef {object} Task
 * @property {string[]} needs Names of required tools.
 * @property {string[]} [wants] Names of optional tools, whose absence causes a warning.
 * @property {boolean} [bundles] Whether the bundles for pages and machines have to be built first.
 * @property {string[]} [first] A module with its arguments that runs before it where no arguments are given; its failure fails the task.
 * @property {string[]} command The module to run, and its arguments.
 */

const VITEST = "node_modules/vitest/vitest.mjs";

/** @type {Record<string, Task>} */
const TASKS = {
  start: {
    needs: ["bubblewrap", "libatomic"],
    wants: ["python", "ruby", "git"],
    bundles: true,
    command: ["cli/main.ts", "serve"],
  },
  example: {
    needs: ["bubblewrap", "libatomic", "python", "ruby"],
    bundles: true,
    command: ["setup/example.ts"],
  },
  test: {
    needs: ["bubblewrap", "libatomic", "python", "ruby", "chromium", "git"],
    wants: [
      ...[
        "compiler",
        "ctags",
        "headless",
        "engines",
        "services",
        "sinatra",
        "lfs",
        "ssh",
        "shells",
        "generators",
        "documents",
      ],
      ...(process.getuid?.() === 0 ? ["swift", "machines", "kernels"] : []), // They run as root alone.
    ],
    bundles: true,
    // The boundaries are among the tests.
    first: ["setup/check.ts", "--except", "boundaries"],
    command: [VITEST, "run"],
  },
  "test:fast": {
    needs: ["bubblewrap", "libatomic", "python", "git"],
    command: [VITEST, "run", "--project", "unit"],
  },
  // Site generators that take minutes to install and to build, PHP, and the CPU of a run.
  "check:slow": {
    needs: ["bubblewrap", "libatomic", "php", "python"],
    command: [VITEST, "run", "--config", "test/generators/vitest.config.ts"],
  },
  check: { needs: ["libatomic"], command: ["setup/check.ts"] },
  build: { needs: ["libatomic"], command: ["setup/build.ts"] },
  bench: {
    needs: ["bubblewrap", "libatomic", "python"],
    bundles: true,
    command: ["bench/main.ts"],
  },
};

/** @param {string} name */
async function run(name) {
  const task = TASKS[name];
  if (!task) throw new Error(`setup/run.mjs knows ${Object.keys(TASKS).join(", ")}.`);
  process.chdir(ROOT);

  const missing = missingTools([...task.needs, ...(task.wants ?? [])]);
  if (missing.length > 0) provideTools(missing, task.needs);
  if (packagesDiffer()) installPackages();
  if (task.bundles) buildStale();

  // A second start compiles nothing that the first one did: the server takes 0.5 s of CPU, not 0.9.
  module.enableCompileCache?.(inRoot("node_modules/.cache/compiled"));
  const [main = "", ...given] = task.command;
  const added = argv.slice(3);
  const rest = [...given, ...added];
  if (task.first && added.length === 0) {
    const [first = "", ...its] = task.first;
    const { status } = spawnSync(NODE, [inRoot(first), ...its], { stdio: "inherit" });
    // The closing line of the tests counts it.
    if (status !== 0) process.env["CHECK_FAILED"] = "1";
  }
  if (realpathSync(process.execPath) !== realpathSync(NODE))
    return runNode(NODE, [inRoot(main), ...rest]);
  // Continues in the same process if possible, so that there is no child to pass signals to.
  process.argv = [process.execPath, inRoot(main), ...rest];
  await import(pathToFileURL(inRoot(main)).href);
}

try {
  await run(argv[2] ?? "");
} catch (error) {
  if (!(error instanceof Error) || error.name !== "SetupError") throw error;
  say(error.message);
  process.exitCode = 1;
}
