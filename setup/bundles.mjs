import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { relative } from "node:path";
import { NODE } from "./packages.mjs";
import { inRoot, ROOT, step } from "./root.mjs";

/**
 * The bundles that are built from the sources: the element for pages, the responder for machines.
 *
 * @type {Record<"widget" | "responder", { file: string, config: string, modes: string[], stamp: string }>}
 */
const BUNDLES = {
  widget: {
    file: "dist/widget/deferred-runner.js",
    config: "vite.config.ts",
    modes: ["production", "pinned"],
    stamp: "dist/.widget-stamp",
  },
  responder: {
    file: "dist/machine/responder.mjs",
    config: "vite.responder.config.ts",
    modes: ["production"],
    stamp: "dist/.responder-stamp",
  },
};

/** Builds those whose sources have changed. */
export function buildStale() {
  for (const name of /** @type {const} */ (["widget", "responder"])) {
    if (isStale(name)) buildBundle(name);
  }
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
  const { config, modes, stamp } = BUNDLES[name];
  const digest = digestOf(name);
  const vite = inRoot("node_modules/vite/bin/vite.js");
  for (const mode of modes) {
    step(`building the ${name}`, NODE, [vite, "build", "--config", config, "--mode", mode]);
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
    ...[name, "protocol"].flatMap((folder) =>
      readdirSync(inRoot(folder), { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith(".ts"))
        .map((file) => inRoot(folder, file)),
    ),
    inRoot(BUNDLES[name].config),
    inRoot("package-lock.json"),
  ];
  for (const file of files.sort())
    hash.update(`${relative(ROOT, file)}\n`).update(readFileSync(file));
  return hash.digest("hex");
}
