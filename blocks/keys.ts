import { createHash } from "node:crypto";
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK } from "jose";
import { parse } from "valibot";
import { PublicJwkSchema, type PublicJwk } from "../protocol/requests.ts";
import { canonicalJson } from "./canonical-json.ts";

export type KeyAlgorithm = "EdDSA" | "ES256";

/** A private JWK as it is kept in a file; `kid` is its RFC 7638 thumbprint. */
export type PrivateJwk = PublicJwk & { d: string; kid: string; alg: KeyAlgorithm };

/** A new pair, Ed25519 unless P-256 (`ES256`) is asked for. */
export async function newKeyPair(
  alg: KeyAlgorithm = "EdDSA",
): Promise<{ kid: string; privateJwk: PrivateJwk; publicJwk: PublicJwk }> {
  for (;;) {
    const pair = await generateKeyPair(alg, { extractable: true });
    const exported = await exportJWK(pair.privateKey);
    const publicJwk = publicPart(exported);
    const kid = await thumbprint(publicJwk);
    // A kid with a leading dash would be parsed as an option on a command line: `--key -cKZv9…`.
    if (kid.startsWith("-")) continue;
    return { kid, publicJwk, privateJwk: { ...publicJwk, d: exported.d!, kid, alg } };
  }
}

/** RFC 7638 thumbprint, SHA-256, base64url. */
export function thumbprint(jwk: PublicJwk): Promise<string> {
  return calculateJwkThumbprint(jwk);
}

/** The same without a promise: the required members as canonical JSON are what RFC 7638 hashes. */
export function thumbprintSync(jwk: PublicJwk): string {
  return createHash("sha256")
    .update(canonicalJson(publicPart(jwk)))
    .digest("base64url");
}

/** The one algorithm a key signs with; a token that names another is refused. */
export function algorithmOf(jwk: PublicJwk): KeyAlgorithm {
  return jwk.kty === "OKP" ? "EdDSA" : "ES256";
}

/** Whether signatures can be verified with the key: a P-256 key has to be a point on its curve. */
export async function isUsable(jwk: PublicJwk): Promise<boolean> {
  return importJWK(jwk, algorithmOf(jwk)).then(
    () => true,
    () => false,
  );
}

/** A key as a member of a public JWK set. */
export function published(jwk: PublicJwk, kid: string) {
  return { ...jwk, kid, alg: algorithmOf(jwk), use: "sig" };
}

/** Only the public members of a JWK. Throws valibot's error if it is no valid key. */
export function publicPart(jwk: object): PublicJwk {
  const { kty, crv, x, y } = jwk as Record<string, unknown>;
  return parse(PublicJwkSchema, kty === "EC" ? { kty, crv, x, y } : { kty, crv, x });
}
