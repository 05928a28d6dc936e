import { GetBucketLifecycleConfigurationCommand, HeadBucketCommand } from "@aws-sdk/client-s3";
import { AwsCallError, hasCode } from "../call-error.ts";
import { isAws, type Target } from "../target.ts";
import type { Checked } from "./checked.ts";
import { findingsOf, type Finding } from "../../../../operate/doctor/finding.ts";

/** Parameters of every call: the bucket and, if known, the account that has to own it. */
export function bucketOf(target: Target, account: string) {
  return {
    Bucket: target.bucket,
    ...(isAws(target) ? { ExpectedBucketOwner: account } : {}),
  };
}

/** Checks that the bucket exists, belongs to this account, and keeps files as long as the server does. */
export async function* checkBucket({ clients, target, account }: Checked): AsyncGenerator<Finding> {
  const about = findingsOf("bucket");
  if (target.bucket === "") {
    yield about.failed(
      "DEFERRED_S3_BUCKET is not set",
      "run deferred aws setup, and give the server what it prints",
    );
    return;
  }
  const bucket = bucketOf(target, account);
  try {
    await clients.s3.send(new HeadBucketCommand(bucket));
    yield about.ok(target.bucket);
  } catch (error) {
    // The answer to a HEAD has no body, so only the status is known.
    if (!(error instanceof AwsCallError) || ![403, 404].includes(error.status ?? 0)) throw error;
    const isGone = error.status === 404;
    yield about.failed(
      isGone
        ? `there is no bucket ${target.bucket}`
        : `${target.bucket} is another account's, or these credentials may not read it`,
      "set DEFERRED_S3_BUCKET to the bucket that deferred aws setup prints, and give the server the stack's FilesPolicy",
    );
    return;
  }
  yield await lifecycle({ clients, target, account });
}

async function lifecycle({
  clients,
  target,
  account,
}: Pick<Checked, "clients" | "target" | "account">): Promise<Finding> {
  const about = findingsOf("lifecycle");
  const asked = new GetBucketLifecycleConfigurationCommand(bucketOf(target, account));
  const found = await clients.s3.send(asked).catch((error: unknown) => {
    if (hasCode(error, "NoSuchLifecycleConfiguration")) return { Rules: [] };
    if (error instanceof AwsCallError) return undefined;
    throw error;
  });
  const kept = `the server keeps runs for ${target.retentionDays} days`;
  if (!found) return about.skipped(`the bucket does not tell these credentials; ${kept}`);
  const days = (found.Rules ?? [])
    .filter(({ Status }) => Status === "Enabled")
    .flatMap(({ Expiration }) => Expiration?.Days ?? []);
  const fewest = Math.min(...days);
  if (days.length === 0) {
    return about.warning(
      "no rule removes files that the server failed to remove",
      "run deferred aws setup",
    );
  }
  return fewest > target.retentionDays
    ? about.ok(`files go after ${fewest} days; ${kept}`)
    : about.failed(
        `the bucket removes files after ${fewest} days, and ${kept}`,
        "run deferred aws setup with the server's DEFERRED_RETENTION_DAYS",
      );
}
