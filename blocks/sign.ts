import { createPrivateKey, sign } from "node:crypto";
import type { BlockClaims } from "../protocol/claims.ts";
import type { PrivateJwk } from "./keys.ts";
import { signingInput } from "./signing-input.ts";

/** Signs a block as compact JWS. The claims are neither checked nor changed. */
export async function signBlock(claims: BlockClaims, key: PrivateJwk): Promise<string> {
  return signBlockSync(claims, key);
}

/** The same for the synchronous compilers of site generators. */
export function signBlockSync(claims: BlockClaims, jwk: PrivateJwk): string {
  const signed = signingInput(claims, jwk);
  const key = createPrivateKey({ key: jwk, format: "jwk" });
  // JWS takes ECDSA's two numbers side by side, not in DER; Ed25519 names its own hash.
  const signature = sign(jwk.alg === "ES256" ? "sha256" : null, Buffer.from(signed), {
    key,
    dsaEncoding: "ieee-p1363",
  });
  return `${signed}.${signature.toString("base64url")}`;
}
