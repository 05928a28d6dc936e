/** An IAM or bucket policy, as far as this project writes them. */
export interface PolicyDocument {
  Version: "2012-10-17";
  Statement: Statement[];
}

export interface Statement {
  Sid: string;
  Effect: "Allow" | "Deny";
  /** In policies of a bucket alone. */
  Principal?: "*";
  Action: string[];
  Resource: string[];
  /** Operator → key → what the value has to be. */
  Condition?: Record<string, Record<string, string | string[]>>;
}

/** `aws`, or the name of the separate AWS that a region belongs to. */
export function partitionOf(region: string): string {
  if (region.startsWith("cn-")) return "aws-cn";
  if (region.startsWith("eusc-")) return "aws-eusc";
  return region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
}

/** The statements, in their order, that allow `action` at all. */
export function statementsFor(policy: PolicyDocument, action: string): string[] {
  const allows = ({ Effect, Action }: Statement) => Effect === "Allow" && Action.includes(action);
  return policy.Statement.filter(allows).map(({ Sid }) => Sid);
}

/** One statement; the conditions are joined, all of them have to hold. */
export function allow(
  Sid: string,
  Action: string[],
  Resource: string[],
  ...conditions: NonNullable<Statement["Condition"]>[]
): Statement {
  const Condition: NonNullable<Statement["Condition"]> = {};
  for (const [operator, keys] of conditions.flatMap((one) => Object.entries(one))) {
    Condition[operator] = { ...Condition[operator], ...keys };
  }
  const some = Object.keys(Condition).length > 0;
  return { Sid, Effect: "Allow", Action, Resource, ...(some ? { Condition } : {}) };
}

/** Reading how a bucket is set, which gives away nothing of what is in it. */
export const BUCKET_READS = [
  "s3:GetBucketCORS",
  "s3:GetBucketOwnershipControls",
  "s3:GetBucketPolicy",
  "s3:GetBucketPublicAccessBlock",
  "s3:GetBucketTagging",
  "s3:GetEncryptionConfiguration",
  "s3:GetLifecycleConfiguration",
];
