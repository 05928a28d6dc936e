import { randomBytes } from "node:crypto";

/**
 * One text for every provider: as it is, it is GitHub's secret and GitLab's token; by its prefix it is also
 * Standard Webhooks' form of the 32 bytes behind it.
 */
export function newHookSecret(): string {
  return `whsec_${randomBytes(32).toString("base64")}`;
}
