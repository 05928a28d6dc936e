import { newKeyPair, type PrivateJwk } from "../../blocks/keys.ts";
import { signBlock } from "../../blocks/sign.ts";
import type { BlockClaims } from "../../protocol/claims.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import { MAX_TOKEN_BYTES } from "../../protocol/sizes.ts";
import type { Queries } from "../database/database.ts";
import type { createKeys } from "./keys.ts";
import type { ProjectSecrets } from "./secrets.ts";

const NAME = "signing_key";

export interface ServerKeyDeps {
  queries: Queries;
  secrets: ProjectSecrets;
  keys: Pick<ReturnType<typeof createKeys>, "addKey" | "findKey">;
}

/** A key of each project that the server holds, sealed under the master key, where the project's setting says so. */
export function createServerKey({ queries, secrets, keys }: ServerKeyDeps) {
  /** The key; a new one where there is none, or where it was revoked. */
  async function usable(slug: string): Promise<PrivateJwk> {
    const kept = (await secrets.values(queries, slug, "own", [NAME]))[NAME];
    if (kept !== undefined) {
      const key = JSON.parse(kept) as PrivateJwk;
      if ((await keys.findKey(slug, key.kid))?.revokedAt === null) return key;
    }
    const { privateJwk, publicJwk } = await newKeyPair();
    await keys.addKey(slug, publicJwk, "held by the server");
    await secrets.put(queries, slug, "own", NAME, JSON.stringify(privateJwk));
    return privateJwk;
  }

  return {
    /** Signs a block of the project. The caller has checked the project's setting. Throws `token_too_large`. */
    async sign(claims: BlockClaims): Promise<string> {
      const token = await signBlock(claims, await usable(claims.iss));
      if (Buffer.byteLength(token) > MAX_TOKEN_BYTES) throw new ApiError("token_too_large");
      return token;
    },
  };
}
