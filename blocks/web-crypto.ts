import type { FileBytes, FileClaims } from "../protocol/block-files.ts";
import type { BlockClaims } from "../protocol/claims.ts";
import type { PublicJwk } from "../protocol/requests.ts";
import { canonicalJson } from "./canonical-json.ts";
import type { KeyAlgorithm } from "./keys.ts";
import { base64url, signingInput } from "./signing-input.ts";

// What signing needs, by WebCrypto alone: pages sign with keys that never leave the browser.

/** A signing key. Its private part may be non-extractable. */
export interface WebKey {
  kid: string;
  alg: KeyAlgorithm;
  privateKey: CryptoKey;
  publicJwk: PublicJwk;
}

/** The parameters of an algorithm, for making a key and for signing. */
const PARAMETERS = {
  EdDSA: { make: { name: "Ed25519" }, sign: { name: "Ed25519" } },
  ES256: {
    make: { name: "ECDSA", namedCurve: "P-256" },
    sign: { name: "ECDSA", hash: "SHA-256" },
  },
} as const;

/** The `code` claim of canonical code. */
export async function codeClaim(canonical: string): Promise<string> {
  return `c1-sha256-${await sha256(canonical)}`;
}

/** The `files` claim of files in base64 or base64url. */
export async function fileClaims(files: FileBytes): Promise<FileClaims> {
  const claims = Object.entries(files).map(async ([path, text]) => {
    const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
    return [path, await fileClaim(bytes)] as const;
  });
  return Object.fromEntries(await Promise.all(claims));
}

/** What the `files` claim says of one file. */
export async function fileClaim(
  bytes: Uint8Array<ArrayBuffer>,
): Promise<{ sha256: string; size: number }> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const sha256 = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return { sha256, size: bytes.length };
}

/** Signs a block as compact JWS. */
export async function signInBrowser(claims: BlockClaims, key: WebKey): Promise<string> {
  const signed = signingInput(claims, key);
  const bytes = new TextEncoder().encode(signed);
  const signature = await crypto.subtle.sign(PARAMETERS[key.alg].sign, key.privateKey, bytes);
  return `${signed}.${base64url(new Uint8Array(signature))}`;
}

/** A new key: Ed25519, or P-256 where the browser lacks it. */
export async function makeWebKey({ extractable }: { extractable: boolean }): Promise<WebKey> {
  for (;;) {
    const { alg, pair } = await generate("EdDSA", extractable).catch(() =>
      generate("ES256", extractable),
    );
    const { kty, crv, x, y } = await crypto.subtle.exportKey("jwk", pair.publicKey);
    const publicJwk = (y === undefined ? { kty, crv, x } : { kty, crv, x, y }) as PublicJwk;
    const kid = await sha256(canonicalJson(publicJwk));
    // A kid with a leading dash would be parsed as an option on a command line.
    if (!kid.startsWith("-")) return { kid, alg, privateKey: pair.privateKey, publicJwk };
  }
}

/** The private key in the form of the command line's key files, for a key that can be read. */
export async function privateJwkOf({ kid, alg, privateKey, publicJwk }: WebKey): Promise<object> {
  const { d } = await crypto.subtle.exportKey("jwk", privateKey);
  return { ...publicJwk, d, kid, alg };
}

async function generate(alg: KeyAlgorithm, extractable: boolean) {
  const made = await crypto.subtle.generateKey(PARAMETERS[alg].make, extractable, [
    "sign",
    "verify",
  ]);
  return { alg, pair: made as CryptoKeyPair };
}

async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return base64url(new Uint8Array(digest));
}
