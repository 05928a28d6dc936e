import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK } from "jose";
import { parse } from "valibot";
import { PublicJwkSchema, type PublicJwk } from "../protocol/requests.ts";

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
    // On a command line it would be taken for an option: `--key -cKZv9…`.
    if (kid.startsWith("-")) continue;
    return { kid, publicJwk, privateJwk: { ...publicJwk, d: exported.d!, kid, alg } };
  }
}

/** RFC 7638 thumbprint, SHA-256, base64url. */
export function thumbprint(jwk: PublicJwk): Promise<string> {
  return calculateJwkThumbprint(jwk);
}

/** The one algorithm a key signs with; a token that names another is refused. */
export function algorithmOf(jwk: PublicJwk): KeyAlgorithm {
  return jwk.kty === "OKP" ? "EdDSA" : "ES256";
}

/** Whether it is a key by which a signature can be checked: a P-256 key has to be a point of its curve. */
export async function isUsable(jwk: PublicJwk): Promise<boolean> {
  return importJWK(jwk, algorithmOf(jwk)).then(
    () => true,
    () => false,
  );
}

/** A key as a member of a JWK set that anybody may read. */
export function published(jwk: PublicJwk, kid: string) {
  return { ...jwk, kid, alg: algorithmOf(jwk), use: "sig" };
}

/** The public members of a JWK and nothing else. Throws valibot's error where it is no usable key. */
export function publicPart(jwk: object): PublicJwk {
  const { kty, crv, x, y } = jwk as Record<string, unknown>;
  return parse(PublicJwkSchema, kty === "EC" ? { kty, crv, x, y } : { kty, crv, x });
}
