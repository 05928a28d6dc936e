import { createHash } from "node:crypto";
import { CanonicalCodeError, canonicalCode } from "../protocol/canonical-code.ts";

/** The `code` claim of canonical code. */
export function codeDigest(canonical: string): string {
  return `c1-sha256-${createHash("sha256").update(canonical, "utf8").digest("base64url")}`;
}

/** The `code` claim of code that is not canonical yet; undefined if no block may hold it. */
export function sourceDigest(source: string): string | undefined {
  try {
    return codeDigest(canonicalCode(source));
  } catch (error) {
    if (error instanceof CanonicalCodeError) return undefined;
    throw error;
  }
}

/**
 * Identifies a signed block: SHA-256 over its header and payload, base64url. The signature is excluded, since ECDSA has
 * several valid signatures for the same text.
 */
export function tokenDigest(token: string): string {
  const signed = token.slice(0, token.lastIndexOf("."));
  return createHash("sha256").update(signed, "utf8").digest("base64url");
}

const ID_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz";
const ID_LENGTH = 16;

/**
 * The id of a registered block: 80 bits of its token's digest, in letters that are safe in paths. The same token has the
 * same id, and a token holds a random `jti`, so nobody can guess the id of a block that they have not seen.
 */
export function blockId(digest: string): string {
  let bits = BigInt(`0x${Buffer.from(digest, "base64url").subarray(0, 10).toString("hex")}`);
  let id = "";
  for (let digit = 0; digit < ID_LENGTH; digit++) {
    id = ID_LETTERS[Number(bits & 31n)] + id;
    bits >>= 5n;
  }
  return id;
}
