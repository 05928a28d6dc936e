import { readFileSync } from "node:fs";
import { extname } from "node:path";

declare global {
  /** The package's version, where the responder itself is built as one file. */
  var RESPONDER_RELEASE: string | undefined;
}

/** The release of this responder; undefined where its package is not around it. */
export function responderRelease(): string | undefined {
  if (globalThis.RESPONDER_RELEASE !== undefined) return globalThis.RESPONDER_RELEASE;
  // The package has this built below dist/node.
  const root = extname(import.meta.filename) === ".ts" ? "../.." : "../../../..";
  try {
    const text = readFileSync(new URL(`${root}/package.json`, import.meta.url), "utf8");
    const { version } = JSON.parse(text) as { version?: unknown };
    return typeof version === "string" ? version : undefined;
  } catch {
    return undefined; // A hint for operators: nothing depends on it.
  }
}
