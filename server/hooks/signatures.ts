import { createHmac, timingSafeEqual } from "node:crypto";
import { sameSecret } from "../ids.ts";
import { ProblemError } from "../problem.ts";

/** A delivery as it came, nothing of it parsed. */
export interface RawDelivery {
  header: (name: string) => string | undefined;
  body: Uint8Array;
}

/** Seconds by which a signed timestamp may be off: what was caught on its way can't be sent much later. */
const TOLERANCE_S = 5 * 60;

/** Throws `hook_signature_wrong` unless `X-Hub-Signature-256` is the secret's over these very bytes. */
export function checkGithub({ header, body }: RawDelivery, secret: string): void {
  const signature = header("x-hub-signature-256") ?? "";
  const wanted = `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
  if (!sameText(signature, wanted)) throw new ProblemError("hook_signature_wrong");
}

/** GitLab sends the secret itself or, where it is entered as its signing token, a signature. */
export function checkGitlab(delivery: RawDelivery, secret: string, now: number): void {
  if (delivery.header("webhook-signature") !== undefined) {
    checkStandard(delivery, secret, now);
  } else if (!sameSecret(delivery.header("x-gitlab-token") ?? "", secret)) {
    throw new ProblemError("hook_signature_wrong");
  }
}

/**
 * Standard Webhooks: HMAC-SHA-256 by the bytes behind `whsec_`. Theirs is a package, which decodes the body
 * before it is known to be signed and has a clock of its own.
 */
export function checkStandard({ header, body }: RawDelivery, secret: string, now: number): void {
  const [id, timestamp, signatures] = ["id", "timestamp", "signature"].map((name) =>
    header(`webhook-${name}`),
  );
  if (id === undefined || !/^\d{1,12}$/.test(timestamp ?? "")) {
    throw new ProblemError("hook_signature_wrong", "webhook-id or webhook-timestamp is missing.");
  }
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const wanted = createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body);
  const text = `v1,${wanted.digest("base64")}`;
  const named = (signatures ?? "").split(" ").slice(0, 20);
  if (!named.some((one) => sameText(one, text))) throw new ProblemError("hook_signature_wrong");
  if (Math.abs(now / 1000 - Number(timestamp)) > TOLERANCE_S) {
    const why = `It was signed at ${timestamp}, more than ${TOLERANCE_S / 60} minutes from now.`;
    throw new ProblemError("hook_signature_wrong", why);
  }
}

function sameText(a: string, b: string): boolean {
  const [one, other] = [Buffer.from(a), Buffer.from(b)];
  return one.length === other.length && timingSafeEqual(one, other);
}
