import type { BlockClaims } from "../../protocol/claims.ts";

/** The claims that the element uses. */
export type ShownClaims = Pick<
  Partial<BlockClaims>,
  | "after"
  | "aud"
  | "cache_s"
  | "code"
  | "edit"
  | "files"
  | "inputs"
  | "limits"
  | "runtime"
  | "setup"
  | "show"
  | "title"
>;

/** Returns the claims of a token, unverified: they are for display, and the server verifies the token. */
export function shownClaims(block: string): ShownClaims {
  try {
    const payload = atob(toBase64(block.split(".")[1]!));
    const bytes = Uint8Array.from(payload, (character) => character.charCodeAt(0));
    return (JSON.parse(new TextDecoder().decode(bytes)) as ShownClaims | null) ?? {};
  } catch {
    // Not a token: after a press the server's refusal says why.
    return {};
  }
}

/** A text in base64url with the characters of plain base64; it has no padding. */
export function toBase64(text: string): string {
  return text.replace(/-/g, "+").replace(/_/g, "/");
}

/**
 * The server that a token names, by its URL. Nobody verified the token: the name decides where the block is sent, and
 * that server verifies it.
 */
export function namedServer({ aud }: ShownClaims): string | undefined {
  return [aud].flat().find((name) => /^https?:\/\//.test(name ?? ""));
}
