import {
  CreateBucketCommand,
  GetBucketTaggingCommand,
  HeadBucketCommand,
  ListObjectsV2Command,
  type BucketLocationConstraint,
} from "@aws-sdk/client-s3";
import { AwsCallError, hasCode } from "./call-error.ts";
import type { Clients } from "./clients.ts";
import { OWNER_TAG } from "./tags.ts";
import { isAws, type Target } from "./target.ts";

/** Whose a bucket of this name is. */
export type FoundBucket =
  | { whose: "nobody" }
  /** Ours, or one of this account in which nothing is. */
  | { whose: "ours"; tagged: boolean }
  | { whose: "others"; why: string };

/** Names the bucket in every call, and the account that has to own it, where that can be known. */
export function bucketOf(target: Target, account: string | undefined) {
  const expected = isAws(target) && account !== undefined;
  return { Bucket: target.bucket, ...(expected ? { ExpectedBucketOwner: account } : {}) };
}

export async function findBucket(
  { s3 }: Clients,
  target: Target,
  options: { account: string | undefined; adopt?: boolean },
): Promise<FoundBucket> {
  const bucket = bucketOf(target, options.account);
  try {
    await s3.send(new HeadBucketCommand(bucket));
  } catch (error) {
    if (error instanceof AwsCallError && error.status === 404) return { whose: "nobody" };
    // A HEAD says no more: another account's, or ours and these credentials may not list it.
    if (error instanceof AwsCallError && error.status === 403) {
      return { whose: "others", why: "it belongs to another account, or may not be read by you" };
    }
    throw error;
  }
  const owner = await ownerTag(s3, bucket, target);
  if (owner === target.url) return { whose: "ours", tagged: true };
  if (owner !== undefined) return { whose: "others", why: `it was made for ${owner}` };
  const listed = await s3.send(new ListObjectsV2Command({ ...bucket, MaxKeys: 1 }));
  if (options.adopt === true || (listed.Contents ?? []).length === 0) {
    return { whose: "ours", tagged: false };
  }
  return { whose: "others", why: "it holds files and is not marked as made for this server" };
}

async function ownerTag(
  s3: Clients["s3"],
  bucket: ReturnType<typeof bucketOf>,
  target: Target,
): Promise<string | undefined> {
  try {
    const { TagSet = [] } = await s3.send(new GetBucketTaggingCommand(bucket));
    return TagSet.find(({ Key }) => Key === OWNER_TAG)?.Value;
  } catch (error) {
    if (hasCode(error, "NoSuchTagSet") || isNotImplemented(error, target)) return undefined;
    throw error;
  }
}

export async function makeBucket({ s3 }: Clients, target: Target): Promise<void> {
  // The first region may not be named.
  const LocationConstraint = target.region as BucketLocationConstraint;
  const elsewhere = target.region !== "us-east-1" && isAws(target);
  try {
    await s3.send(
      new CreateBucketCommand({
        Bucket: target.bucket,
        ...(elsewhere ? { CreateBucketConfiguration: { LocationConstraint } } : {}),
      }),
    );
  } catch (error) {
    if (!hasCode(error, "BucketAlreadyOwnedByYou")) throw error;
  }
}

/**
 * Whether a server that speaks S3's protocol does not know this call. Some take one that they don't know
 * for another, so of a server that is not AWS every refusal but that of a right counts.
 */
export function isNotImplemented(error: unknown, target: Target): boolean {
  if (!(error instanceof AwsCallError)) return false;
  const { status = 0, code } = error;
  if (status === 501 || code === "NotImplemented" || code === "MethodNotAllowed") return true;
  return !isAws(target) && status >= 400 && status < 500 && !isRefusal(status);
}

function isRefusal(status: number): boolean {
  return status === 401 || status === 403;
}
