import { EC2ServiceException } from "@aws-sdk/client-ec2";
import type { ReasonCode } from "../../../protocol/reasons.ts";

/** How to continue after a failed request. */
export type Verdict =
  /** Transient, or the request may have taken effect: repeat the same request. */
  | { do: "again" }
  /** This offer is not available; try the next. */
  | { do: "next"; reason: LaunchReason; said?: string }
  /** No offer will be available until an operator changes something. */
  | { do: "give_up"; reason: LaunchReason };

type LaunchReason = Extract<
  ReasonCode,
  "no_capacity" | "quota_reached" | "launch_refused" | "launch_failed"
>;

/** Matches by prefix, since AWS adds codes: for lack of instances, hosts, addresses, volumes. */
const INSUFFICIENT = /^Insufficient/;
const NO_CAPACITY = [
  "UnfulfillableCapacity",
  "SpotMaxPriceTooLow",
  // The type is not offered in this zone.
  "Unsupported",
];

const FREE_PLAN =
  "Its AWS account is on the free plan, which has few types of machines: DEFERRED_EC2_TYPES has to name one of them, such as t3.small.";

/** Exceeded quotas. Spot, on-demand and families of types have separate quotas. */
const QUOTA = [
  "VcpuLimitExceeded",
  "InstanceLimitExceeded",
  "MaxSpotInstanceCountExceeded",
  "VolumeLimitExceeded",
];

/** Errors of the account or its credentials, for any request. */
const REFUSED = [
  "UnauthorizedOperation",
  "AuthFailure",
  "InvalidClientTokenId",
  "SignatureDoesNotMatch",
  "MissingAuthenticationToken",
  "OptInRequired",
  "PendingVerification",
  "Blocked",
];

const THROTTLED = [
  "RequestLimitExceeded",
  "Throttling",
  "ThrottlingException",
  "EC2ThrottledException",
  "RequestThrottled",
];

/** EC2's error code; undefined if EC2 did not answer. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof EC2ServiceException ? error.name : undefined;
}

/** Decides how to continue. A status of 5xx is not enough: EC2 reports lack of capacity as 500, too. */
export function verdictOf(error: unknown): Verdict {
  if (!(error instanceof EC2ServiceException)) return verdictOfUnanswered(error);
  const { name, message, $metadata } = error;
  if (INSUFFICIENT.test(name) || NO_CAPACITY.includes(name))
    return { do: "next", reason: "no_capacity" };
  if (QUOTA.includes(name)) return { do: "next", reason: "quota_reached" };
  // The original request was accepted, and its machine has ended since.
  if (name === "IdempotentInstanceTerminated") return { do: "next", reason: "launch_failed" };
  // The SDK has corrected its clock by the answer.
  if ("clockSkewCorrected" in $metadata) return { do: "again" };
  if (REFUSED.includes(name)) return { do: "give_up", reason: "launch_refused" };
  if (THROTTLED.includes(name) || ($metadata.httpStatusCode ?? 500) >= 500) {
    return { do: "again" };
  }
  if (name === "InvalidParameterCombination" && /\bfree[ -]tier\b/i.test(message)) {
    return { do: "next", reason: "launch_refused", said: FREE_PLAN };
  }
  return { do: "next", reason: "launch_refused" };
}

/** The account has no service-linked role for spot machines, and these credentials may not make it. */
export function isSpotRoleMissing(error: unknown): boolean {
  return codeOf(error)?.endsWith("ServiceLinkedRoleCreationNotPermitted") === true;
}

/** Whether EC2 itself failed, perhaps for this offer's zone or type alone. */
export function isFailureOfOffer(error: unknown): boolean {
  return (
    error instanceof EC2ServiceException &&
    (error.$metadata.httpStatusCode ?? 0) >= 500 &&
    !THROTTLED.includes(error.name)
  );
}

/** Whether a failed request may have taken effect. */
export function isUncertain(error: unknown): boolean {
  if (verdictOf(error).do !== "again") return false;
  return !THROTTLED.includes(codeOf(error) ?? "");
}

function verdictOfUnanswered(error: unknown): Verdict {
  if (!(error instanceof Error)) return { do: "give_up", reason: "launch_failed" };
  // The SDK found no key to sign with, so nothing was sent.
  if (error.name === "CredentialsProviderError") return { do: "give_up", reason: "launch_refused" };
  const isBroken = error.name === "TimeoutError" || "code" in error;
  // An unparsable answer, probably of a proxy.
  const isGarbled = "$response" in error || "$metadata" in error;
  return isBroken || isGarbled ? { do: "again" } : { do: "give_up", reason: "launch_failed" };
}

/** Why an offer failed. */
export interface OfferFailure {
  reason: LaunchReason;
  said?: string | undefined;
  /** For operators. */
  text: string;
}

/** The most telling reason of several failed offers. */
export function foremost(
  failures: readonly Pick<OfferFailure, "reason" | "said">[],
): Pick<OfferFailure, "reason" | "said"> {
  const order: LaunchReason[] = ["no_capacity", "quota_reached", "launch_refused"];
  const reason =
    order.find((one) => failures.some((failure) => failure.reason === one)) ?? "launch_failed";
  const said = failures.find((failure) => failure.reason === reason && failure.said)?.said;
  return { reason, said };
}

/** Describes an error to operators: EC2's code and message, or the network's error. */
export function described(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return `${error.name}: ${error.message}`;
}
