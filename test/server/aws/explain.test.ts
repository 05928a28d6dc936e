import { expect, test } from "vitest";
import { AwsCallError } from "../../../server/aws/call-error.ts";
import { explain } from "../../../server/aws/explain.ts";
import { setupPolicy } from "../../../server/aws/setup-policy.ts";
import { readTarget } from "../../../server/aws/target.ts";

const target = readTarget({ DEFERRED_URL: "https://runner.example", AWS_REGION: "eu-west-1" });
const policy = { name: "setup", document: setupPolicy(target, {}) };

function told(action: string, name: string, { status = 400, message = "words of AWS" } = {}) {
  const cause = Object.assign(new Error(message), { name, $metadata: { httpStatusCode: status } });
  return explain(new AwsCallError(action, cause), target, policy);
}

test.each([
  ["CredentialsProviderError", "no AWS credentials were found"],
  ["ExpiredToken", "the session of these AWS credentials is over"],
  ["SignatureDoesNotMatch", "AWS does not accept these credentials"],
  ["RequestTimeTooSkewed", "this machine's clock differs from AWS's by minutes"],
  ["IllegalLocationConstraintException", "is in another region than eu-west-1"],
  ["OptInRequired", "AWS could not be reached for s3:CreateBucket in eu-west-1"],
  ["SlowDown", "too many requests"],
  ["BucketAlreadyExists", "somebody else has a bucket named"],
  ["TooManyBuckets", "as many buckets as it may have"],
  ["AuthFailure.ServiceLinkedRoleCreationNotPermitted", "never used for spot machines"],
])("%s becomes a sentence with what to do", (code, sentence) => {
  const { message, hint } = told("s3:CreateBucket", code);
  expect(message).toContain(sentence);
  expect(hint.length).toBeGreaterThan(10);
});

test("a right that is missing is named with the statement that has it", () => {
  expect(told("s3:PutBucketCORS", "AccessDenied", { status: 403 })).toEqual({
    message: "these credentials may not s3:PutBucketCORS",
    hint: "give them the setup policy that deferred aws plan prints: s3:PutBucketCORS is in SetBucket",
  });
  expect(told("ec2:RunInstances", "UnauthorizedOperation").hint).toContain(
    "ec2:RunInstances is not in the setup policy",
  );
});

test("a lock of the account against public policies is not taken for a missing right", () => {
  const message =
    "not authorized … prevented by the BlockPublicPolicy setting in S3 Block Public Access";
  expect(told("s3:PutBucketPolicy", "AccessDenied", { status: 403, message }).message).toContain(
    "the account blocks policies that open a bucket",
  );
});

test("what is not known is told in AWS's own words", () => {
  expect(told("ec2:RunInstances", "SomethingNew").message).toBe(
    "AWS refused ec2:RunInstances: words of AWS (SomethingNew)",
  );
});

test("a connection to nobody is told by the first address that was tried", () => {
  const inner = Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:1"), {
    code: "ECONNREFUSED",
  });
  const error = new AwsCallError("sts:GetCallerIdentity", new AggregateError([inner]));
  expect(explain(error, target, policy).message).toBe(
    "the connection for sts:GetCallerIdentity failed: connect ECONNREFUSED 127.0.0.1:1",
  );
});
