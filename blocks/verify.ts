import { compactVerify, errors, importJWK } from "jose";
import { CanonicalCodeError, canonicalCode } from "../protocol/canonical-code.ts";
import { CLOCK_LEEWAY_S, type BlockClaims } from "../protocol/claims.ts";
import type { PublicJwk } from "../protocol/requests.ts";
import { MAX_CODE_BYTES } from "../protocol/sizes.ts";
import { ApiError } from "../protocol/deferred-error.ts";
import { codeDigest } from "./digest.ts";
import { inspectBlock, type UnverifiedBlock } from "./inspect.ts";
import { algorithmOf } from "./keys.ts";
import { isSameKey, type VerifiedTokens } from "./verified-tokens.ts";

/** A key found by (`iss`, `kid`). */
export interface BlockKey {
  jwk: PublicJwk;
  /** When the key was revoked; null if it was not. */
  revokedAt: string | null;
}

/** Finds projects' keys and revoked blocks. */
export interface BlockRegistry {
  /** Looks a key up by project and thumbprint, never by thumbprint alone. */
  findKey(iss: string, kid: string): Promise<BlockKey | undefined>;
  /** When the block of this project was revoked; undefined if it was not. */
  blockRevokedAt(iss: string, jti: string): Promise<string | undefined>;
  /** Whether the server has a page of the block with this digest; that page may send it whatever its `origins`. */
  hasPage?(digest: string): Promise<boolean>;
  /** Spares a signature's check when a token comes again. Keys, revocations and times are checked each time. */
  verified?: VerifiedTokens;
}

export interface VerifyOptions {
  registry: BlockRegistry;
  /** This server's URL, which `aud` has to contain. */
  audience: string;
  /** `Origin` of the request; null if it is absent or opaque. */
  origin: string | null;
  /** Milliseconds since 1970. */
  now: number;
}

export interface VerifiedBlock {
  claims: BlockClaims;
  /** See `tokenDigest`. */
  digest: string;
}

/**
 * Verifies a block's signature, revocation, times, audience and origin. Its code is verified by `verifyCode`.
 * Throws `ApiError`.
 */
export async function verifyToken(token: string, options: VerifyOptions): Promise<VerifiedBlock> {
  const { verified } = options.registry;
  const known = verified?.find(token);
  const block = known?.block ?? inspectBlock(token);
  const { claims, digest, header } = block;
  const key = await options.registry.findKey(claims.iss, header.kid);
  if (!key) throw new ApiError("key_unknown", `${claims.iss} has no key ${header.kid}.`);
  if (!known || !isSameKey(known.key, key.jwk)) {
    await verifyBlockSignature(block, key.jwk);
    verified?.keep({ block, key: key.jwk });
  }
  if (key.revokedAt !== null) {
    throw new ApiError("key_revoked", `It was revoked at ${key.revokedAt}.`);
  }
  const revokedAt = await options.registry.blockRevokedAt(claims.iss, claims.jti);
  if (revokedAt !== undefined) {
    throw new ApiError("block_revoked", `It was revoked at ${revokedAt}.`);
  }
  checkTimes(claims, options.now);
  checkAudience(claims, options.audience);
  await checkOrigin(block, options);
  if (claims.edit && claims.limits?.network) throw new ApiError("network_edit_refused");
  return { claims, digest };
}

/** Throws `ApiError` unless `key` signed the block with the key's own algorithm. */
export async function verifyBlockSignature(block: UnverifiedBlock, key: PublicJwk): Promise<void> {
  const algorithm = algorithmOf(key);
  if (block.header.alg !== algorithm) {
    throw new ApiError("token_algorithm_refused", `The key signs with ${algorithm}.`);
  }
  try {
    await compactVerify(block.token, await importJWK(key, algorithm), { algorithms: [algorithm] });
  } catch (cause) {
    if (cause instanceof errors.JWSSignatureVerificationFailed) {
      throw new ApiError("signature_invalid", undefined, { cause });
    }
    throw new ApiError("token_malformed", "It is not a valid compact JWS.", { cause });
  }
}

/** Code that the block allows to execute. */
export interface ExecutableCode {
  code: string;
  /** Its digest, in the form of the `code` claim. */
  digest: string;
  /** A reader changed it; the block allows that. */
  edited: boolean;
}

/** Returns the canonical form of `source` if the block allows it to run. Throws `ApiError` otherwise. */
export function verifyCode(claims: BlockClaims, source: string): ExecutableCode {
  if (Buffer.byteLength(source) > MAX_CODE_BYTES) throw new ApiError("code_too_large");
  const code = canonical(source);
  if (code === "") throw new ApiError("code_empty");
  const digest = codeDigest(code);
  const edited = digest !== claims.code;
  if (edited && claims.edit !== true) throw new ApiError("code_mismatch");
  return { code, digest, edited };
}

function canonical(source: string): string {
  try {
    return canonicalCode(source);
  } catch (cause) {
    if (!(cause instanceof CanonicalCodeError)) throw cause;
    throw new ApiError("code_unacceptable", `Line ${cause.line} holds ${cause.found}.`, {
      cause,
    });
  }
}

function checkTimes(claims: BlockClaims, now: number): void {
  const seconds = now / 1000;
  if (claims.exp !== undefined && claims.exp + CLOCK_LEEWAY_S <= seconds) {
    throw new ApiError("block_expired", `It was good until ${moment(claims.exp)}.`);
  }
  if (claims.iat - CLOCK_LEEWAY_S > seconds) {
    throw new ApiError("block_not_yet_valid", `It was signed at ${moment(claims.iat)}.`);
  }
}

/** Formats a claimed time, which may be any number, also beyond the range of a Date. */
function moment(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? `${seconds} s` : date.toISOString();
}

function checkAudience(claims: BlockClaims, audience: string): void {
  if (claims.aud === undefined) return;
  const named = [claims.aud].flat().map((url) => url.replace(/\/+$/, ""));
  if (!named.includes(audience)) {
    throw new ApiError("audience_wrong", `It is for ${named.join(", ")}; this is ${audience}.`);
  }
}

async function checkOrigin(
  { claims, digest }: UnverifiedBlock,
  { origin, audience, registry }: VerifyOptions,
): Promise<void> {
  if (claims.origins === undefined) return;
  if (origin !== null && claims.origins.some((allowed) => sameOrigin(allowed, origin))) return;
  if (origin === new URL(audience).origin && (await registry.hasPage?.(digest))) return;
  throw new ApiError("origin_refused", `The page is at ${origin ?? "an unnamed origin"}.`);
}

function sameOrigin(allowed: string, origin: string): boolean {
  return URL.canParse(allowed) && new URL(allowed).origin === origin;
}
