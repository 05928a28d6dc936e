import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { extname, relative } from "node:path";
import { NODE } from "./packages.mjs";
import { inRoot, ROOT, step } from "./root.mjs";

/**
 * @typedef {object} Bundle
 * @property {string} what
 * @property {string} file Its main output.
 * @property {string[]} folders Of its sources.
 * @property {string[]} files More sources.
 * @property {string[][]} commands Modules of Node with their arguments.
 * @property {string} stamp The file that holds the sources' digest.
 */

/**
 * The builds: the element for pages, the responder for machines, the command line with its server,
 * and the guides for the server's pages.
 *
 * @type {Record<"widget" | "responder" | "node" | "guides", Bundle>}
 */
const BUNDLES = {
  widget: {
    what: "the widget",
    file: "dist/widget/deferred-runner.js",
    folders: ["widget", "server/pages/projects/sign", "blocks", "protocol"],
    files: ["vite.config.ts"],
    commands: vite("vite.config.ts", "production", "pinned", "sign"),
    stamp: "dist/.widget-stamp",
  },
  responder: {
    what: "the responder",
    file: "dist/machine/responder.mjs",
    folders: ["responder", "protocol"],
    files: ["setup/native-launcher.mjs", "vite.responder.config.ts"],
    commands: [["setup/native-launcher.mjs"], ...vite("vite.responder.config.ts", "production")],
    stamp: "dist/.responder-stamp",
  },
  node: {
    what: "the command line",
    file: "dist/node/cli/main.js",
    folders: ["cli", "plugins", "server", "responder", "blocks", "protocol"],
    files: ["vite.node.config.ts"],
    commands: vite("vite.node.config.ts", "production"),
    stamp: "dist/.node-stamp",
  },
  guides: {
    what: "the guides",
    file: "dist/guides/guides.json",
    folders: ["docs", "setup/guides"],
    files: ["README.md", "protocol/runtimes.ts", "server/pages/highlight.ts"],
    commands: [["setup/guides/build.ts"]],
    stamp: "dist/.guides-stamp",
  },
};

/**
 * Builds with Vite in each of the modes.
 *
 * @param {string} config
 * @param {string[]} modes
 */
function vite(config, ...modes) {
  return modes.map((mode) => [
    "node_modules/vite/bin/vite.js",
    ...["build", "--config", config, "--mode", mode],
  ]);
}

/** Builds those whose sources have changed. @param {(keyof typeof BUNDLES)[]} names */
export function buildStale(names = ["widget", "responder", "guides"]) {
  for (const name of names) if (isStale(name)) buildBundle(name);
}

/** @param {keyof typeof BUNDLES} name */
export function isStale(name) {
  const { file, stamp } = BUNDLES[name];
  try {
    return !existsSync(inRoot(file)) || readFileSync(inRoot(stamp), "utf8") !== digestOf(name);
  } catch {
    return true;
  }
}

/** @param {keyof typeof BUNDLES} name */
export function buildBundle(name) {
  const { what, commands, stamp } = BUNDLES[name];
  const digest = digestOf(name);
  for (const [main = "", ...args] of commands) {
    step(`building ${what}`, NODE, [inRoot(main), ...args]);
  }
  writeFileSync(inRoot(stamp), digest);
}

/**
 * Digest over all inputs of a bundle.
 *
 * @param {keyof typeof BUNDLES} name
 */
function digestOf(name) {
  const hash = createHash("sha256");
  const files = [
    ...BUNDLES[name].folders.flatMap((folder) =>
      readdirSync(inRoot(folder), { recursive: true, encoding: "utf8" })
        .filter((file) => extname(file) !== "")
        .map((file) => inRoot(folder, file)),
    ),
    ...BUNDLES[name].files.map((file) => inRoot(file)),
    inRoot("package-lock.json"),
  ];
  for (const file of files.sort())
    hash.update(`${relative(ROOT, file)}\n`).update(readFileSync(file));
  return hash.digest("hex");
}
