import { readFileSync } from "node:fs";

/** Text of `churn.mjs`, put in where the responder is one file; absent where it runs from its sources. */
declare const CHURN_PROGRAM: string | undefined;

/**
 * The churn report as a program of one file for `node`, to be run in a work tree: it prints the report, and
 * leaves `churn.html` and `churn.json` in `artifacts/`. It needs git, and ctags for functions.
 */
export function churnProgram(): string {
  if (typeof CHURN_PROGRAM !== "undefined") return CHURN_PROGRAM;
  return readFileSync(new URL("../../dist/machine/churn.mjs", import.meta.url), "utf8");
}
