import { BLOCK_TYP, type BlockClaims } from "../protocol/claims.ts";
import type { KeyAlgorithm } from "./keys.ts";

/** The text that a block's signature covers: header and payload of a compact JWS. Works in browsers too. */
export function signingInput(
  claims: BlockClaims,
  { alg, kid }: { alg: KeyAlgorithm; kid: string },
): string {
  return `${encodePart({ alg, kid, typ: BLOCK_TYP })}.${encodePart(claims)}`;
}

function encodePart(value: object): string {
  return base64url(new TextEncoder().encode(JSON.stringify(value)));
}

/** Base64url without padding. */
export function base64url(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
