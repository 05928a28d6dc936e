import type { BlockClaims } from "../../../protocol/claims.ts";

/** In characters, as many as a claimed title may have. */
const LONGEST = 200;

/** The name of a block in lists: its title, else its first line of code that is no interpreter's line or blank. */
export function blockTitle({ title, runtime }: BlockClaims, code: string): string {
  const line = code.split("\n").find((one) => one.trim() !== "" && !one.startsWith("#!"));
  return title?.trim() || line?.trim().slice(0, LONGEST) || `${runtime} block`;
}
