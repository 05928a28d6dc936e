import { homedir } from "node:os";
import { join } from "node:path";
import { buildBundle, isStale } from "../../setup/bundles.mjs";

/** Node, compressed once for all tests: it takes seconds. */
export const compressedNode = join(
  process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"),
  "deferred-runner/machine",
);

/** The responder as machines load it, built from the sources of this moment. */
export function responderBundle(): string {
  if (isStale("responder")) buildBundle("responder");
  return join(import.meta.dirname, "../../dist/machine/responder.mjs");
}
