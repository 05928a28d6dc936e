import type { BlockClaims } from "../../../protocol/claims.ts";

/** In characters, as many as a claimed title may have. */
const LONGEST = 200;

/** Lines that say nothing of what a program does. */
const SILENT = /^(?:$|#!|import\b|from\b|require\b|set -)/;

/** The name of a block in lists: its title, else its first line of code that says something. */
export function blockTitle({ title, runtime }: BlockClaims, code: string): string {
  const line = code.split("\n").find((one) => !SILENT.test(one.trim()));
  return title?.trim() || line?.trim().slice(0, LONGEST) || `${runtime} block`;
}
