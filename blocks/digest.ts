import { createHash } from "node:crypto";

/** The `code` claim of canonical code. */
export function codeDigest(canonical: string): string {
  return `c1-sha256-${createHash("sha256").update(canonical, "utf8").digest("base64url")}`;
}

/**
 * Identifies a signed block: SHA-256 over its header and payload, base64url. The signature is excluded, since ECDSA has
 * several valid signatures for the same text.
 */
export function tokenDigest(token: string): string {
  const signed = token.slice(0, token.lastIndexOf("."));
  return createHash("sha256").update(signed, "utf8").digest("base64url");
}
