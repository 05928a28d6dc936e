import { allow, BUCKET_READS, partitionOf, type PolicyDocument } from "./policy.ts";
import type { Known } from "./server-policy.ts";
import { FLEET_TAG, OWNER_TAG } from "./tags.ts";
import type { Target } from "./target.ts";

/** What the person who runs `setup` and `teardown` has to be allowed. */
export function setupPolicy(target: Target, { account = "*" }: Known): PolicyDocument {
  const partition = partitionOf(target.region);
  const arn = (kind: string) => `arn:${partition}:ec2:${target.region}:${account}:${kind}/*`;
  const bucket = `arn:${partition}:s3:::${target.bucket}`;
  const isOurs = { StringEquals: { [`ec2:ResourceTag/${OWNER_TAG}`]: target.url } };
  const becomesOurs = { StringEquals: { [`aws:RequestTag/${OWNER_TAG}`]: target.url } };
  const look = [
    "ec2:DescribeImages",
    "ec2:DescribeInstanceTypes",
    "ec2:DescribeInstances",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
  ];
  const changeGroup = [
    "ec2:AuthorizeSecurityGroupEgress",
    "ec2:DeleteSecurityGroup",
    "ec2:RevokeSecurityGroupEgress",
    "ec2:RevokeSecurityGroupIngress",
  ];
  const setBucket = [
    "s3:CreateBucket",
    "s3:ListBucket",
    "s3:PutBucketCORS",
    "s3:PutBucketOwnershipControls",
    "s3:PutBucketPolicy",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutBucketTagging",
    "s3:PutEncryptionConfiguration",
    "s3:PutLifecycleConfiguration",
  ];
  const removeFiles = ["s3:DeleteObject", "s3:DeleteObjectVersion"];
  const group = [arn("security-group")];
  const machines = [
    allow("Look", look, ["*"], { StringEquals: { "ec2:Region": target.region } }),
    allow("MakeGroup", ["ec2:CreateSecurityGroup"], group, becomesOurs),
    allow("MakeGroupInNetwork", ["ec2:CreateSecurityGroup"], [arn("vpc")]),
    allow("TagGroup", ["ec2:CreateTags"], group, {
      StringEquals: { "ec2:CreateAction": "CreateSecurityGroup" },
    }),
    allow("ChangeOwnGroup", changeGroup, group, isOurs),
    allow("TerminateOwnMachines", ["ec2:TerminateInstances"], [arn("instance")], isOurs, {
      Null: { [`ec2:ResourceTag/${FLEET_TAG}`]: "false" },
    }),
  ];
  const files = [
    allow("SetBucket", [...setBucket, ...BUCKET_READS], [bucket]),
    allow("RemoveBucket", ["s3:DeleteBucket", "s3:ListBucketVersions"], [bucket]),
    allow("RemoveFiles", removeFiles, [`${bucket}/*`]),
  ];
  return {
    Version: "2012-10-17",
    Statement: [...(target.uses.ec2 ? machines : []), ...(target.uses.s3 ? files : [])],
  };
}
