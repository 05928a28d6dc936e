import { createHash } from "node:crypto";
import type { PublicJwk } from "../protocol/requests.ts";
import type { UnverifiedBlock } from "./inspect.ts";

/** A token with the key that its signature was verified with. */
export interface VerifiedToken {
  block: UnverifiedBlock;
  key: PublicJwk;
}

/** Readers press few blocks often. A token has up to some tens of kilobytes. */
const MOST_KEPT = 500;

export type VerifiedTokens = ReturnType<typeof createVerifiedTokens>;

/** Remembers the tokens whose signature was verified, by the digest of the whole token, the latest used ones. */
export function createVerifiedTokens(most = MOST_KEPT) {
  const kept = new Map<string, VerifiedToken>();
  return {
    find(token: string): VerifiedToken | undefined {
      const digest = digestOf(token);
      const found = kept.get(digest);
      if (!found) return undefined;
      kept.delete(digest);
      kept.set(digest, found);
      return found;
    },

    keep(verified: VerifiedToken): void {
      kept.set(digestOf(verified.block.token), verified);
      const [oldest] = kept.keys();
      if (kept.size > most && oldest !== undefined) kept.delete(oldest);
    },
  };
}

export function isSameKey(one: PublicJwk, other: PublicJwk): boolean {
  return one.kty === other.kty && one.x === other.x && yOf(one) === yOf(other);
}

const yOf = (key: PublicJwk) => ("y" in key ? key.y : undefined);

/** With the signature: another signature over the same claims has to be verified. */
const digestOf = (token: string) => createHash("sha256").update(token).digest("base64url");
