import { EC2ServiceException } from "@aws-sdk/client-ec2";
import { expect, test } from "vitest";
import {
  foremost,
  isUncertain,
  verdictOf,
  type Verdict,
} from "../../../../server/providers/ec2/errors.ts";

const answered = (name: string, httpStatusCode = 400) =>
  new EC2ServiceException({
    name,
    $fault: httpStatusCode < 500 ? "client" : "server",
    $metadata: { httpStatusCode },
  });
const broken = (code: string) => Object.assign(new Error(code), { code });

test.each<[Error, Verdict]>([
  [answered("InsufficientInstanceCapacity", 500), { do: "next", reason: "no_capacity" }],
  [answered("InsufficientFreeAddressesInSubnet"), { do: "next", reason: "no_capacity" }],
  [answered("SpotMaxPriceTooLow"), { do: "next", reason: "no_capacity" }],
  [answered("Unsupported"), { do: "next", reason: "no_capacity" }],
  [answered("VcpuLimitExceeded"), { do: "next", reason: "quota_reached" }],
  [answered("MaxSpotInstanceCountExceeded"), { do: "next", reason: "quota_reached" }],
  [answered("InvalidSubnetID.NotFound"), { do: "next", reason: "launch_refused" }],
  [answered("SomethingNewIn2027"), { do: "next", reason: "launch_refused" }],
  [answered("IdempotentInstanceTerminated"), { do: "next", reason: "launch_failed" }],
  [answered("UnauthorizedOperation", 403), { do: "give_up", reason: "launch_refused" }],
  [answered("AuthFailure", 401), { do: "give_up", reason: "launch_refused" }],
  [answered("OptInRequired"), { do: "give_up", reason: "launch_refused" }],
  [answered("RequestLimitExceeded", 503), { do: "again" }],
  [answered("InternalError", 500), { do: "again" }],
  [answered("Unavailable", 503), { do: "again" }],
  [broken("ECONNRESET"), { do: "again" }],
  [broken("ENOTFOUND"), { do: "again" }],
  [Object.assign(new Error("late"), { name: "TimeoutError" }), { do: "again" }],
  [Object.assign(new Error("no HTML, please"), { $response: {} }), { do: "again" }],
  [
    Object.assign(new Error("no key"), { name: "CredentialsProviderError" }),
    { do: "give_up", reason: "launch_refused" },
  ],
  [new RangeError("a fault of ours"), { do: "give_up", reason: "launch_failed" }],
])("%s", (error, verdict) => {
  expect(verdictOf(error)).toEqual(verdict);
});

test("a clock that the SDK has set right is tried again", () => {
  const error = answered("AuthFailure", 401);
  Object.assign(error.$metadata, { clockSkewCorrected: true });
  expect(verdictOf(error)).toEqual({ do: "again" });
});

test("only what no answer denied may have taken effect", () => {
  expect(isUncertain(broken("ECONNRESET"))).toBe(true);
  expect(isUncertain(answered("InternalError", 500))).toBe(true);
  expect(isUncertain(answered("RequestLimitExceeded", 503))).toBe(false);
  expect(isUncertain(answered("VcpuLimitExceeded"))).toBe(false);
});

test("of several reasons the one that time can change comes first", () => {
  const refused = { reason: "launch_refused", said: "a policy" } as const;
  const quota = { reason: "quota_reached" } as const;
  expect(foremost([refused, quota, { reason: "no_capacity" }])).toEqual({ reason: "no_capacity" });
  expect(foremost([refused, quota])).toEqual(quota);
  expect(foremost([{ reason: "launch_refused" }, refused])).toEqual(refused);
  expect(foremost([])).toEqual({ reason: "launch_failed" });
});
