import { createHmac, timingSafeEqual } from "node:crypto";
import { sameSecret } from "../database/ids.ts";
import { ApiError } from "../../protocol/deferred-error.ts";

export type Header = (name: string) => string | undefined;

/** Checks a delivery's signature as its body streams in: the check neither parses nor stores the body. */
export interface SignatureCheck {
  update(chunk: Uint8Array): void;
  /** Throws `hook_signature_wrong`. */
  finish(now: number): void;
}

/** Seconds by which a signed timestamp may be off, which limits replays of a captured delivery. */
const TOLERANCE_S = 5 * 60;

/** `X-Hub-Signature-256` must be the HMAC of the exact bytes of the body. */
export function checkGithub(header: Header, secret: string): SignatureCheck {
  const hmac = createHmac("sha256", secret);
  return {
    update: (chunk) => void hmac.update(chunk),
    finish() {
      const signature = header("x-hub-signature-256") ?? "";
      if (!sameText(signature, `sha256=${hmac.digest("hex")}`)) {
        throw new ApiError("hook_signature_wrong");
      }
    },
  };
}

/**
 * GitLab sends the secret itself or, where it is set as its signing token, a signature. Throws
 * `hook_signature_wrong`.
 */
export function checkGitlab(header: Header, secret: string): SignatureCheck {
  if (header("webhook-signature") !== undefined) return checkStandard(header, secret);
  if (!sameSecret(header("x-gitlab-token") ?? "", secret)) {
    throw new ApiError("hook_signature_wrong");
  }
  return { update() {}, finish() {} };
}

/**
 * Standard Webhooks: HMAC-SHA-256 with the bytes behind `whsec_`. Their package decodes the body before its
 * signature is checked and reads its own clock, so it is not used. Throws `hook_signature_wrong`.
 */
export function checkStandard(header: Header, secret: string): SignatureCheck {
  const [id, timestamp, signatures] = ["id", "timestamp", "signature"].map((name) =>
    header(`webhook-${name}`),
  );
  if (id === undefined || !/^\d{1,12}$/.test(timestamp ?? "")) {
    throw new ApiError("hook_signature_wrong", "webhook-id or webhook-timestamp is missing.");
  }
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const hmac = createHmac("sha256", key).update(`${id}.${timestamp}.`);
  return {
    update: (chunk) => void hmac.update(chunk),
    finish(now) {
      const text = `v1,${hmac.digest("base64")}`;
      const named = (signatures ?? "").split(" ").slice(0, 20);
      if (!named.some((one) => sameText(one, text))) throw new ApiError("hook_signature_wrong");
      if (Math.abs(now / 1000 - Number(timestamp)) > TOLERANCE_S) {
        const why = `It was signed at ${timestamp}, more than ${TOLERANCE_S / 60} minutes from now.`;
        throw new ApiError("hook_signature_wrong", why);
      }
    },
  };
}

function sameText(a: string, b: string): boolean {
  const [one, other] = [Buffer.from(a), Buffer.from(b)];
  return one.length === other.length && timingSafeEqual(one, other);
}
