import type { BlockClaims } from "../../protocol/claims.ts";

/** What the element needs to know of a block. */
export type ShownClaims = Pick<
  Partial<BlockClaims>,
  "code" | "inputs" | "edit" | "cache_s" | "limits"
>;

/** The claims inside a block's token, unverified: for display alone, the server decides. */
export function shownClaims(block: string): ShownClaims {
  try {
    const payload = block.split(".")[1]!.replace(/-/g, "+").replace(/_/g, "/");
    const bytes = Uint8Array.from(atob(payload), (character) => character.charCodeAt(0));
    return (JSON.parse(new TextDecoder().decode(bytes)) as ShownClaims | null) ?? {};
  } catch {
    // Not a token: pressing Run lets the server say what is wrong with it.
    return {};
  }
}
