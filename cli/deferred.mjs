#!/usr/bin/env node
// Plain JavaScript for any Node: it finds a Node that the rest runs on, and gives way to it.
import { spawnSync } from "node:child_process";
import module from "node:module";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { runNode } from "./run-node.mjs";

/** The first with `crypto.argon2`. */
const OLDEST = { major: 24, minor: 7 };
const here = dirname(fileURLToPath(import.meta.url));
const fromSource = existsSync(join(here, "main.ts"));
const main = fromSource ? join(here, "main.ts") : join(here, "../dist/node/cli/main.js");

if (fromSource && !existsSync(join(here, "../node_modules"))) {
  process.stderr.write("error: this checkout is not set up yet\nhint: npm start, or npm ci\n");
  process.exitCode = 1;
} else if (isNewEnough(process.versions.node)) {
  // Sources take twice the time of the built files, unless an earlier start has compiled them.
  if (fromSource) module.enableCompileCache(join(here, "../node_modules/.cache/compiled"));
  await import(pathToFileURL(main).href);
} else {
  const node = localNode() ?? cachedNode() ?? fetchNode();
  if (node) runNode(node, [main, ...process.argv.slice(2)]);
}

/** @param {string} version */
function isNewEnough(version) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > OLDEST.major || (major === OLDEST.major && minor >= OLDEST.minor);
}

/** The Node that the checkout, or the folder this package is installed in, brings along. */
function localNode() {
  const modules = fromSource ? join(here, "../node_modules") : join(here, "../..");
  const node = join(modules, "node/bin/node");
  return existsSync(node) ? node : undefined;
}

function cacheFile() {
  const cache = process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  return join(cache, "deferred-runner", "node-path");
}

/** The Node that an earlier start fetched. */
function cachedNode() {
  try {
    const node = readFileSync(cacheFile(), "utf8");
    return existsSync(node) ? node : undefined;
  } catch {
    return undefined;
  }
}

function fetchNode() {
  process.stderr.write(
    `deferred: Node ${process.versions.node} is too old; fetching Node 26 with npm, once.\n`,
  );
  const args = ["exec", "--yes", "--package=node@26", "--", "node", "-p", "process.execPath"];
  const npm = spawnSync("npm", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  const node = npm.stdout?.trim().split("\n").at(-1);
  if (npm.status !== 0 || !node || !existsSync(node)) {
    process.stderr.write(
      `${npm.stderr ?? ""}error: Node 26 could not be fetched with npm.\n` +
        `hint: install Node ${OLDEST.major}.${OLDEST.minor} or newer, then try again.\n`,
    );
    process.exitCode = 1;
    return undefined;
  }
  try {
    mkdirSync(dirname(cacheFile()), { recursive: true });
    writeFileSync(cacheFile(), node);
  } catch {
    // Without the note it is looked up again the next time.
  }
  return node;
}
