import { CompactSign, importJWK } from "jose";
import { BLOCK_TYP, type BlockClaims } from "../protocol/claims.ts";
import type { PrivateJwk } from "./keys.ts";

/** Signs a block as compact JWS. The claims are neither checked nor changed. */
export async function signBlock(claims: BlockClaims, key: PrivateJwk): Promise<string> {
  return new CompactSign(new TextEncoder().encode(JSON.stringify(claims)))
    .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: BLOCK_TYP })
    .sign(await importJWK(key, key.alg));
}
