import { decodeProtectedHeader } from "jose";
import { safeParse } from "valibot";
import {
  BLOCK_ALGORITHMS,
  BLOCK_TYP,
  BlockClaimsSchema,
  type BlockClaims,
} from "../protocol/claims.ts";
import { MAX_TOKEN_BYTES } from "../protocol/sizes.ts";
import { ApiError } from "../protocol/deferred-error.ts";
import { tokenDigest } from "./digest.ts";
import type { KeyAlgorithm } from "./keys.ts";

/** A block's decoded token. Nothing of it is verified yet. */
export interface UnverifiedBlock {
  token: string;
  /** See `tokenDigest`. */
  digest: string;
  header: { alg: KeyAlgorithm; kid: string };
  claims: BlockClaims;
}

/** Reads a token's header and claims. Throws `ApiError`; **does not verify the signature**. */
export function inspectBlock(token: string): UnverifiedBlock {
  if (Buffer.byteLength(token) > MAX_TOKEN_BYTES) throw new ApiError("token_too_large");
  const parts = token.split(".");
  if (parts.length !== 3) throw new ApiError("token_malformed", "A token has three parts.");
  refuseOtherSpellings(parts);

  const header = readHeader(token);
  if (header.typ !== BLOCK_TYP) {
    throw new ApiError("token_type_wrong", `Its typ is ${JSON.stringify(header.typ ?? null)}.`);
  }
  if (!BLOCK_ALGORITHMS.some((name) => name === header.alg)) {
    throw new ApiError("token_algorithm_refused", `Its alg is ${JSON.stringify(header.alg)}.`);
  }
  if (typeof header.kid !== "string" || header.kid === "") {
    throw new ApiError("token_malformed", "Its header names no key (kid).");
  }

  const claims = safeParse(BlockClaimsSchema, readPayload(parts[1]!), { abortEarly: true });
  if (!claims.success) {
    const issue = claims.issues[0];
    const where = issue.path?.map((item) => String(item.key)).join(".") ?? "payload";
    throw new ApiError("token_claims_invalid", `${where}: ${issue.message}`);
  }
  return {
    token,
    digest: tokenDigest(token),
    header: { alg: header.alg as KeyAlgorithm, kid: header.kid },
    claims: claims.output,
  };
}

/** The claims of a token; undefined for a text that is no token. **Does not verify the signature**. */
export function unverifiedClaims(token: string): BlockClaims | undefined {
  try {
    return inspectBlock(token).claims;
  } catch (error) {
    if (error instanceof ApiError) return undefined;
    throw error;
  }
}

/**
 * Refuses non-canonical base64url. Decoders accept padding, blanks, base64's letters and non-zero trailing bits, so one
 * signed block would have unlimited tokens.
 */
function refuseOtherSpellings(parts: string[]): void {
  for (const part of parts) {
    if (Buffer.from(part, "base64url").toString("base64url") !== part) {
      const detail =
        "It is not base64url as sign prints it: without padding, blanks or other bits.";
      throw new ApiError("token_malformed", detail);
    }
  }
}

function readHeader(token: string) {
  try {
    return decodeProtectedHeader(token);
  } catch (cause) {
    throw new ApiError("token_malformed", "Its header is not JSON.", { cause });
  }
}

function readPayload(part: string): unknown {
  try {
    return JSON.parse(
      new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(part, "base64url")),
    );
  } catch (cause) {
    throw new ApiError("token_malformed", "Its payload is not JSON.", { cause });
  }
}
