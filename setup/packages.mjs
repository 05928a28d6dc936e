import { existsSync, readFileSync } from "node:fs";
import { delimiter } from "node:path";
import { inRoot, step, SetupError } from "./root.mjs";

/** The Node that everything else runs on. */
export const NODE = inRoot("node_modules/node/bin/node");

/**
 * Whether node_modules differs from package-lock.json. npm's own record of
 * what it installed is compared, so that `npm install NAME` by hand does not set off an `npm ci`.
 */
export function packagesDiffer() {
  if (!existsSync(NODE)) return true;
  const wanted = lockedPackages(inRoot("package-lock.json"));
  const installed = lockedPackages(inRoot("node_modules/.package-lock.json"));
  return Object.entries(wanted).some(
    ([path, { version, optional, devOptional }]) =>
      path !== "" && !optional && !devOptional && installed[path]?.version !== version,
  );
}

/**
 * @param {string} file
 * @returns {Record<string, { version?: string, optional?: boolean, devOptional?: boolean }>}
 */
function lockedPackages(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8")).packages;
  } catch {
    return {};
  }
}

const QUIET = ["--no-audit", "--no-fund", "--loglevel=error"];

export function installPackages() {
  const bin = inRoot("node_modules/.bin");
  // Removes node_modules from PATH, since npm ci deletes it first, with the Node in it.
  const path = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== bin);
  const env = { ...process.env, PATH: path.join(delimiter) };
  try {
    // Asks the registry for nothing that npm's cache holds; the lock names each package's digest.
    step("installing packages with npm ci", "npm", ["ci", "--prefer-offline", ...QUIET], env);
  } catch {
    // The cache may know a package from before the version that the lock names.
    step("installing packages with npm ci, asking anew", "npm", ["ci", ...QUIET], env);
  }
  if (!existsSync(NODE)) {
    // Runs the install script that fetches Node, even if npm is configured to ignore install scripts.
    step("fetching Node", "npm", ["rebuild", "node", "--ignore-scripts=false"], env);
  }
  if (!existsSync(NODE)) {
    throw new SetupError(
      "error: npm did not install Node.\nhint: npm install-scripts approve node && npm ci",
    );
  }
}
