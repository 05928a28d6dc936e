import { createHash } from "node:crypto";

/** The `code` claim of canonical code. */
export function codeDigest(canonical: string): string {
  return `c1-sha256-${createHash("sha256").update(canonical, "utf8").digest("base64url")}`;
}
