import { randomBytes } from "node:crypto";

/**
 * One secret for every provider: GitHub's secret and GitLab's token are the whole text, and its prefix makes it a valid
 * Standard Webhooks secret of 32 bytes.
 */
export function newHookSecret(): string {
  return `whsec_${randomBytes(32).toString("base64")}`;
}
