import { expect, test } from "vitest";
import { AwsCallError } from "../../../../../server/providers/ec2/account/call-error.ts";
import { explain, type Caller } from "../../../../../server/providers/ec2/account/explain.ts";
import { readStatements } from "../../../../../server/providers/ec2/account/stack/statements.ts";
import { readTarget } from "../../../../../server/providers/ec2/account/target.ts";
import { TEMPLATE_TEXT } from "../../../../infra/stack.ts";

const target = readTarget({ DEFERRED_URL: "https://runner.example", AWS_REGION: "eu-west-1" });
const server: Caller = { who: "server", statements: readStatements(TEMPLATE_TEXT) };

function told(
  action: string,
  name: string,
  {
    status = 400,
    message = "words of AWS",
    caller = server,
  }: { status?: number; message?: string; caller?: Caller } = {},
) {
  const cause = Object.assign(new Error(message), { name, $metadata: { httpStatusCode: status } });
  return explain(new AwsCallError(action, cause), target, caller);
}

test.each([
  ["CredentialsProviderError", "no AWS credentials were found"],
  ["ExpiredToken", "the session of these AWS credentials is over"],
  ["SignatureDoesNotMatch", "AWS does not accept these credentials"],
  ["RequestTimeTooSkewed", "this machine's clock differs from AWS's by minutes"],
  ["IllegalLocationConstraintException", "is in another region than eu-west-1"],
  ["OptInRequired", "AWS could not be reached for s3:PutObject in eu-west-1"],
  ["SlowDown", "too many requests"],
  ["AuthFailure.ServiceLinkedRoleCreationNotPermitted", "never used for spot machines"],
])("%s becomes a sentence with what to do", (code, sentence) => {
  const { message, hint } = told("s3:PutObject", code);
  expect(message).toContain(sentence);
  expect(hint.length).toBeGreaterThan(10);
});

const ARN = "arn:aws:ec2:eu-west-1:123456789012";
const refused = (resource: string, because: string) =>
  `You are not authorized to perform this operation. User: arn:aws:iam::123456789012:user/deferred is not authorized to perform: ec2:RunInstances on resource: ${resource} ${because} Encoded authorization failure message: abcDEF-123`;
const BY_NO_POLICY = "because no identity-based policy allows the ec2:RunInstances action.";

test.each([
  [`${ARN}:instance/*`, "LaunchMachines", "ServerUrl and InstanceTypes"],
  [`${ARN}:volume/*`, "LaunchWithVolumes", "ServerUrl and DiskGiB"],
  ["arn:aws:ec2:eu-west-1::image/ami-0123", "LaunchFromImage", "Image"],
  [`${ARN}:security-group/sg-1`, "LaunchBehindGroup", undefined],
  [`${ARN}:subnet/subnet-1`, "LaunchInNetwork", undefined],
  [`${ARN}:launch-template/lt-1`, "LaunchByTemplate", undefined],
  [`${ARN}:spot-instances-request/*`, "LaunchOnSpot", undefined],
])("a launch refused for %s names %s", (resource, statement, parameters) => {
  const message = refused(resource, BY_NO_POLICY);
  const { message: says, hint } = told("ec2:RunInstances", "UnauthorizedOperation", { message });
  expect(says).toBe(
    `these credentials may not ec2:RunInstances on ${resource.split(":").slice(5).join(":")}`,
  );
  expect(hint).toMatch(new RegExp(`^${statement} in the stack's policy allows it`));
  if (parameters !== undefined) expect(hint).toContain(`where the stack's ${parameters} `);
});

test.each([
  ["with an explicit deny in a service control policy.", "a policy of your organization"],
  ["because no service control policy allows the ec2:RunInstances action.", "your organization"],
  ["because no permissions boundary allows the ec2:RunInstances action.", "permissions boundary"],
  ["with an explicit deny in an identity-based policy.", "denies it by name"],
])("what no policy of the stack can allow is told apart: %s", (because, words) => {
  const message = refused(`${ARN}:instance/*`, because);
  const { hint } = told("ec2:RunInstances", "UnauthorizedOperation", { message });
  expect(hint).toContain(words);
  expect(hint).not.toContain("deferred aws setup");
});

test("where AWS does not say what for, an administrator can have it decoded", () => {
  const message =
    "You are not authorized to perform this operation. Encoded authorization failure message: abcDEF-123";
  const { hint } = told("ec2:RunInstances", "UnauthorizedOperation", { message });
  expect(hint).toContain("LaunchMachines, LaunchByTemplate, LaunchWithVolumes");
  expect(hint).toContain("aws sts decode-authorization-message --encoded-message abcDEF-123");
});

test("rights on files, rights that the server never has, and an administrator's are told", () => {
  const options = { status: 403, message: "Access Denied" };
  expect(told("s3:PutObject", "AccessDenied", options).hint).toContain("KeepFiles");
  expect(told("s3:PutBucketPolicy", "AccessDenied", options).hint).toBe(
    "no policy of the stack allows s3:PutBucketPolicy: use other credentials",
  );
  const person = told("cloudformation:CreateChangeSet", "AccessDenied", {
    ...options,
    caller: { who: "person" },
  });
  expect(person).toEqual({
    message: "these credentials may not cloudformation:CreateChangeSet",
    hint: "use an administrator's credentials for this, or ask for that right",
  });
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
  expect(explain(error, target, server).message).toBe(
    "the connection for sts:GetCallerIdentity failed: connect ECONNREFUSED 127.0.0.1:1",
  );
});
