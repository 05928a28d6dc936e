import {
  GetBucketCorsCommand,
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyCommand,
  GetBucketTaggingCommand,
  GetPublicAccessBlockCommand,
  PutBucketCorsCommand,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutBucketTaggingCommand,
  PutPublicAccessBlockCommand,
  type CORSRule,
  type LifecycleRule,
  type Tag,
} from "@aws-sdk/client-s3";
import { bucketOf } from "./bucket.ts";
import { bucketSettings, merged, mergedPolicy } from "./bucket-settings.ts";
import { hasCode } from "./call-error.ts";
import type { Clients } from "./clients.ts";
import type { PolicyDocument } from "./policy.ts";
import type { Target } from "./target.ts";

/** One thing that is set on a bucket. */
export interface Aspect {
  name: string;
  /** What it does, for whoever is asked whether to set it. */
  does: string;
  /** What follows where a server that speaks S3's protocol does not know it. */
  without: string;
  /** Whether runs suffer where it is not so. */
  matters: boolean;
  /** What has to be put; undefined where all is as it should be. */
  pending(): Promise<(() => Promise<unknown>) | undefined>;
}

/**
 * In the order in which they are set: the mark first, so that a set-up that ends half-way finds its own
 * bucket again; access before the policy that depends on it.
 */
export function bucketAspects(
  { s3 }: Clients,
  target: Target,
  account: string | undefined,
): Aspect[] {
  const bucket = bucketOf(target, account);
  const wanted = bucketSettings(target);
  return [
    {
      name: "mark",
      matters: false,
      does: `marked as made for ${target.url}`,
      without: "setup can't tell it from a bucket of somebody else's: don't share it",
      async pending() {
        const found = await read(s3.send(new GetBucketTaggingCommand(bucket)), "NoSuchTagSet");
        const TagSet = merged<Tag>(found?.TagSet ?? [], wanted.tags, ({ Key }) => Key);
        return (
          TagSet && (() => s3.send(new PutBucketTaggingCommand({ ...bucket, Tagging: { TagSet } })))
        );
      },
    },
    {
      name: "ownership",
      matters: false,
      does: "every file belongs to the account; access lists count for nothing",
      without: "nothing: the server sets no access lists",
      async pending() {
        const found = await read(
          s3.send(new GetBucketOwnershipControlsCommand(bucket)),
          "OwnershipControlsNotFoundError",
        );
        const ObjectOwnership = wanted.ownership;
        if (found?.OwnershipControls?.Rules?.[0]?.ObjectOwnership === ObjectOwnership)
          return undefined;
        const OwnershipControls = { Rules: [{ ObjectOwnership }] };
        return () =>
          s3.send(new PutBucketOwnershipControlsCommand({ ...bucket, OwnershipControls }));
      },
    },
    {
      name: "public access",
      matters: true,
      does: "closed to access lists; a policy may open what it names",
      without: "nothing, if the server has no such lock",
      async pending() {
        const found = await read(
          s3.send(new GetPublicAccessBlockCommand(bucket)),
          "NoSuchPublicAccessBlockConfiguration",
        );
        const now = found?.PublicAccessBlockConfiguration ?? {};
        const right = Object.entries(wanted.publicAccess).every(
          ([key, value]) => (now[key as keyof typeof now] ?? false) === value,
        );
        const PublicAccessBlockConfiguration = wanted.publicAccess;
        return right
          ? undefined
          : () =>
              s3.send(
                new PutPublicAccessBlockCommand({ ...bucket, PublicAccessBlockConfiguration }),
              );
      },
    },
    {
      name: "policy",
      matters: true,
      does: "anybody may read results/* over https; nobody may list, and nothing else is open",
      without: "open results/ to readers by the server's own means, or pages can't show results",
      async pending() {
        const found = await read(s3.send(new GetBucketPolicyCommand(bucket)), "NoSuchBucketPolicy");
        const now =
          found?.Policy === undefined ? undefined : (JSON.parse(found.Policy) as PolicyDocument);
        const policy = mergedPolicy(now, wanted.policy);
        if (policy === undefined) return undefined;
        const Policy = JSON.stringify(policy);
        return () => s3.send(new PutBucketPolicyCommand({ ...bucket, Policy }));
      },
    },
    {
      name: "encryption",
      matters: true,
      does: "encrypted with S3's own keys",
      without: "files lie as the server stores them",
      async pending() {
        const found = await read(
          s3.send(new GetBucketEncryptionCommand(bucket)),
          "ServerSideEncryptionConfigurationNotFoundError",
        );
        const rule = found?.ServerSideEncryptionConfiguration?.Rules?.[0];
        const SSEAlgorithm = wanted.encryption;
        if (rule?.ApplyServerSideEncryptionByDefault?.SSEAlgorithm === SSEAlgorithm)
          return undefined;
        const Rules = [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm } }];
        const ServerSideEncryptionConfiguration = { Rules };
        return () =>
          s3.send(new PutBucketEncryptionCommand({ ...bucket, ServerSideEncryptionConfiguration }));
      },
    },
    {
      name: "lifecycle",
      matters: false,
      does: "files under results/ and private/ go after 30 days, broken uploads after 1",
      without: "files stay until you remove them: remove those older than 30 days by a timer",
      async pending() {
        const found = await read(
          s3.send(new GetBucketLifecycleConfigurationCommand(bucket)),
          "NoSuchLifecycleConfiguration",
        );
        const Rules = merged<LifecycleRule>(found?.Rules ?? [], wanted.lifecycle, ({ ID }) => ID);
        return (
          Rules &&
          (() =>
            s3.send(
              new PutBucketLifecycleConfigurationCommand({
                ...bucket,
                LifecycleConfiguration: { Rules },
              }),
            ))
        );
      },
    },
    {
      name: "cors",
      matters: true,
      does: "pages anywhere may read results",
      without:
        "pages can't show results unless the server answers them with Access-Control-Allow-Origin: *",
      async pending() {
        const found = await read(
          s3.send(new GetBucketCorsCommand(bucket)),
          "NoSuchCORSConfiguration",
        );
        const CORSRules = merged<CORSRule>(found?.CORSRules ?? [], wanted.cors, ({ ID }) => ID);
        return (
          CORSRules &&
          (() => s3.send(new PutBucketCorsCommand({ ...bucket, CORSConfiguration: { CORSRules } })))
        );
      },
    },
  ];
}

/** The answer, or undefined where AWS says that nothing was ever set. */
async function read<Answer>(answer: Promise<Answer>, unset: string): Promise<Answer | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (hasCode(error, unset)) return undefined;
    throw error;
  }
}
