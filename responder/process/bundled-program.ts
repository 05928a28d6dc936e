import { readFileSync } from "node:fs";
import { extname } from "node:path";

/** Programs that run inside sandboxes, each built as one file by vite.responder.config.ts. */
export type BundledProgram = "churn.mjs" | "forward.cjs" | "supervise.cjs";

declare global {
  /** Their texts, where the responder itself is built as one file. */
  var BUNDLED_PROGRAMS: Readonly<Record<BundledProgram, string>> | undefined;
}

/** The program's text, to be written where a sandbox sees it. */
export function bundledProgram(name: BundledProgram): string {
  const texts = globalThis.BUNDLED_PROGRAMS;
  if (texts !== undefined) return texts[name];
  // The package has this built below dist/node; a clone has its sources beside dist.
  const folder =
    extname(import.meta.filename) === ".ts" ? "../../dist/machine" : "../../../machine";
  try {
    return readFileSync(new URL(`${folder}/${name}`, import.meta.url), "utf8");
  } catch (cause) {
    throw new Error(`dist/machine/${name} is missing: npm run build makes it`, { cause });
  }
}
