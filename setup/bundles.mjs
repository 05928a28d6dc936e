import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { extname, relative } from "node:path";
import { NODE } from "./packages.mjs";
import { inRoot, ROOT, step } from "./root.mjs";

/**
 * The bundles that are built from the sources: the element for pages, the responder for machines, and the command line
 * with its server.
 *
 * @type {Record<"widget" | "responder" | "node", { what: string, file: string, folders: string[], config: string, modes: string[], stamp: string }>}
 */
const BUNDLES = {
  widget: {
    what: "the widget",
    file: "dist/widget/deferred-runner.js",
    folders: ["widget", "server/pages/projects/sign", "blocks", "protocol"],
    config: "vite.config.ts",
    modes: ["production", "pinned", "sign"],
    stamp: "dist/.widget-stamp",
  },
  responder: {
    what: "the responder",
    file: "dist/machine/responder.mjs",
    folders: ["responder", "protocol"],
    config: "vite.responder.config.ts",
    modes: ["production"],
    stamp: "dist/.responder-stamp",
  },
  node: {
    what: "the command line",
    file: "dist/node/cli/main.js",
    folders: ["cli", "plugins", "server", "responder", "blocks", "protocol"],
    config: "vite.node.config.ts",
    modes: ["production"],
    stamp: "dist/.node-stamp",
  },
};

/** Builds those whose sources have changed. @param {(keyof typeof BUNDLES)[]} names */
export function buildStale(names = ["widget", "responder"]) {
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
  const { what, config, modes, stamp } = BUNDLES[name];
  const digest = digestOf(name);
  const vite = inRoot("node_modules/vite/bin/vite.js");
  for (const mode of modes) {
    step(`building ${what}`, NODE, [vite, "build", "--config", config, "--mode", mode]);
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
    inRoot(BUNDLES[name].config),
    inRoot("package-lock.json"),
  ];
  for (const file of files.sort())
    hash.update(`${relative(ROOT, file)}\n`).update(readFileSync(file));
  return hash.digest("hex");
}
