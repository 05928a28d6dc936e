import { CompactSign, compactVerify, createLocalJWKSet, importJWK } from "jose";
import type { PublicJwk } from "../protocol/requests.ts";
import type { PrivateJwk } from "./keys.ts";

const RECEIPT_TYP = "deferred-receipt+jwt";

/** A server's attestation of a run that ended. It proves what the server recorded, not that the program is correct. */
export interface Receipt {
  iss: string;
  run: string;
  /** SHA-256 of the block's token without its signature, base64url; of a command run, over its order as canonical JSON. */
  block: string;
  /**
   * Digest of the code that ran, in the form of a block's `code` claim; of a command run, `task-sha256-` and
   * the digest over the task as canonical JSON.
   */
  code: string;
  /** SHA-256 over the inputs as canonical JSON, base64url; of a command run, over the revision asked for. */
  inputs: string;
  /** Full names of the commits that a command run was about. */
  commits?: string[];
  /** SHA-256 over stdout and stderr as they stand in the result, base64url. */
  output: string;
  state: string;
  exit_code: number | null;
  /** When the run ended, seconds since 1970. */
  iat: number;
}

export async function signReceipt(receipt: Receipt, key: PrivateJwk): Promise<string> {
  return new CompactSign(new TextEncoder().encode(JSON.stringify(receipt)))
    .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: RECEIPT_TYP })
    .sign(await importJWK(key, key.alg));
}

/** The receipt, if one of the server's keys signed it; needs no network. Throws jose's errors. */
export async function verifyReceipt(
  token: string,
  jwks: { keys: (PublicJwk & { kid: string; alg: string })[] },
): Promise<Receipt> {
  const { payload, protectedHeader } = await compactVerify(token, createLocalJWKSet(jwks), {
    algorithms: ["EdDSA", "ES256"],
  });
  if (protectedHeader.typ !== RECEIPT_TYP) throw new Error("This token is not a receipt.");
  return JSON.parse(new TextDecoder().decode(payload)) as Receipt;
}
