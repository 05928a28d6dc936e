import { isDeepStrictEqual } from "node:util";
import { partitionOf, type PolicyDocument, type Statement } from "./policy.ts";
import { OWNER_TAG } from "./tags.ts";
import type { Target } from "./target.ts";

/** Days after which files are removed. */
export const RETENTION_DAYS = 30;

/** What a bucket of ours has, in the shapes of S3's own calls. Rules of others stay beside them. */
export function bucketSettings(target: Target) {
  const arn = `arn:${partitionOf(target.region)}:s3:::${target.bucket}`;
  return {
    tags: [{ Key: OWNER_TAG, Value: target.url }],
    ownership: "BucketOwnerEnforced" as const,
    /** Access lists count for nothing; a policy alone can open something. */
    publicAccess: {
      BlockPublicAcls: true,
      IgnorePublicAcls: true,
      BlockPublicPolicy: false,
      RestrictPublicBuckets: false,
    },
    /** Under another key than S3's own, nobody could read without a signature. */
    encryption: "AES256" as const,
    policy: [
      {
        Sid: "DeferredResultsAreRead",
        Effect: "Allow",
        Principal: "*",
        Action: ["s3:GetObject"],
        Resource: [`${arn}/results/*`],
      },
      {
        Sid: "DeferredTlsOnly",
        Effect: "Deny",
        Principal: "*",
        Action: ["s3:*"],
        Resource: [arn, `${arn}/*`],
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      },
    ] satisfies Statement[],
    lifecycle: [
      expiry("deferred-results", "results/"),
      expiry("deferred-private", "private/"),
      {
        ID: "deferred-uploads",
        Status: "Enabled" as const,
        Filter: { Prefix: "" },
        AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
      },
    ],
    cors: [
      {
        ID: "deferred-read",
        AllowedOrigins: ["*"],
        AllowedMethods: ["GET", "HEAD"],
        MaxAgeSeconds: 3600,
      },
    ],
  };
}

function expiry(ID: string, prefix: string) {
  return {
    ID,
    Status: "Enabled" as const,
    Filter: { Prefix: prefix },
    Expiration: { Days: RETENTION_DAYS },
  };
}

/** `found` with `wanted` in it, found again by what `name` tells of each; undefined where all is there. */
export function merged<T extends object>(
  found: T[],
  wanted: T[],
  name: (one: T) => unknown,
): T[] | undefined {
  const isThere = (one: T) => found.some((other) => isDeepStrictEqual(plain(other), plain(one)));
  if (wanted.every(isThere)) return undefined;
  const names = new Set(wanted.map(name));
  return [...found.filter((one) => !names.has(name(one))), ...wanted];
}

/** The same for a policy, in which AWS writes lists of one as their item. */
export function mergedPolicy(
  found: PolicyDocument | undefined,
  wanted: Statement[],
): PolicyDocument | undefined {
  const statements = merged((found?.Statement ?? []).map(listed), wanted, ({ Sid }) => Sid);
  return statements && { Version: "2012-10-17", Statement: statements };
}

function listed(statement: Statement): Statement {
  const list = (value: string | string[]) => (Array.isArray(value) ? value : [value]);
  return { ...statement, Action: list(statement.Action), Resource: list(statement.Resource) };
}

/** Without what is undefined, and without the order in which lists of words came. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (_key, inner: unknown) =>
    Array.isArray(inner) && inner.every((item) => typeof item === "string")
      ? [...inner].sort()
      : inner,
  );
}
