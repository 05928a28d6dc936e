import type { AwsCallError } from "./call-error.ts";
import { isPublicPolicyBlocked } from "./patience.ts";
import { statementsFor, type PolicyDocument } from "./policy.ts";
import type { Target } from "./target.ts";

/** What happened, and what to do: a sentence each. */
export interface Explanation {
  message: string;
  hint: string;
}

/** Why a call failed. `policy` is the one that its credentials should have. */
export function explain(
  error: AwsCallError,
  target: Target,
  policy: { name: string; document: PolicyDocument },
): Explanation {
  if (isPublicPolicyBlocked(error)) return PUBLIC_BLOCKED;
  const told = EXPLANATIONS.find(({ codes }) => codes.includes(error.code));
  if (told) return told.of({ error, target, policy });
  if (error.code === "Status403") return DENIED({ error, target, policy });
  if (error.code === "Status301") return WRONG_REGION({ error, target, policy });
  return {
    message: `AWS refused ${error.action}: ${error.message} (${error.code})`,
    hint: "correct what it names",
  };
}

interface Case {
  error: AwsCallError;
  target: Target;
  policy: { name: string; document: PolicyDocument };
}
type Explain = (one: Case) => Explanation;

const DENIED: Explain = ({ error, policy }) => {
  const statements = statementsFor(policy.document, error.action);
  return {
    message: `these credentials may not ${error.action}`,
    hint:
      statements.length > 0
        ? `give them the ${policy.name} policy that deferred aws plan prints: ${error.action} is in ${statements.join(", ")}`
        : `${error.action} is not in the ${policy.name} policy: use other credentials for this`,
  };
};

const PUBLIC_BLOCKED: Explanation = {
  message:
    "the account blocks policies that open a bucket to everybody, so nobody could read results",
  hint: "turn off “Block public access” for bucket policies in the account's S3 settings; or serve results/ by a CDN and set DEFERRED_RESULTS_URL",
};

const WRONG_REGION: Explain = ({ target }) => ({
  message: `the bucket ${target.bucket} is in another region than ${target.region}`,
  hint: "set AWS_REGION, or --region, to the bucket's region, or name another bucket with --bucket",
});

const EXPLANATIONS: { codes: string[]; of: Explain }[] = [
  {
    codes: ["UnauthorizedOperation", "AccessDenied", "AccessDeniedException", "Forbidden"],
    of: DENIED,
  },
  {
    codes: ["CredentialsProviderError", "AuthorizationHeaderMissing", "MissingAuthenticationToken"],
    of: () => ({
      message: "no AWS credentials were found",
      hint: "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or sign in with aws sso login",
    }),
  },
  {
    codes: ["ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "InvalidToken"],
    of: () => ({
      message: "the session of these AWS credentials is over",
      hint: "sign in again (aws sso login), or set new credentials",
    }),
  },
  {
    codes: [
      "AuthFailure",
      "InvalidAccessKeyId",
      "InvalidClientTokenId",
      "SignatureDoesNotMatch",
      "UnrecognizedClientException",
      "InvalidSignatureException",
    ],
    of: () => ({
      message: "AWS does not accept these credentials",
      hint: "check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, and that the key was not deactivated",
    }),
  },
  {
    codes: ["RequestExpired", "RequestTimeTooSkewed"],
    of: () => ({
      message: "this machine's clock differs from AWS's by minutes",
      hint: "let it keep time: timedatectl set-ntp true",
    }),
  },
  {
    codes: [
      "PermanentRedirect",
      "AuthorizationHeaderMalformed",
      "IllegalLocationConstraintException",
    ],
    of: WRONG_REGION,
  },
  {
    codes: ["OptInRequired", "InvalidRegion", "UnknownEndpoint", "ENOTFOUND", "EAI_AGAIN"],
    of: ({ error, target }) => ({
      message: `AWS could not be reached for ${error.action} in ${target.region}`,
      hint: "check AWS_REGION, that the account has this region enabled, and this machine's network",
    }),
  },
  {
    codes: ["ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "EHOSTUNREACH", "TimeoutError"],
    of: ({ error }) => ({
      message: `the connection for ${error.action} failed: ${error.message}`,
      hint: "check this machine's network, and AWS_ENDPOINT_URL_EC2 and AWS_ENDPOINT_URL_S3 where they are set",
    }),
  },
  {
    codes: [
      "RequestLimitExceeded",
      "SlowDown",
      "Throttling",
      "ThrottlingException",
      "TooManyRequestsException",
    ],
    of: ({ error }) => ({
      message: `AWS still answers ${error.action} with "too many requests" after several tries`,
      hint: "run this again in a minute",
    }),
  },
  {
    codes: ["BucketAlreadyExists"],
    of: ({ target }) => ({
      message: `somebody else has a bucket named ${target.bucket}: names are shared by all accounts`,
      hint: "choose another name with --bucket or DEFERRED_S3_BUCKET",
    }),
  },
  {
    codes: ["TooManyBuckets"],
    of: () => ({
      message: "the account has as many buckets as it may have",
      hint: "name one that is there with --bucket, or ask AWS for more",
    }),
  },
  {
    codes: ["SecurityGroupLimitExceeded", "SecurityGroupsPerVpcLimitExceeded"],
    of: () => ({
      message: "the network has as many security groups as it may have",
      hint: "remove one that is not used, or ask AWS for more",
    }),
  },
  {
    codes: ["InvalidGroup.Duplicate"],
    of: () => ({
      message: "the network has a security group of this name that is not marked as this server's",
      hint: "rename it or remove it; or use it with --security-group, where it lets nothing in",
    }),
  },
  {
    codes: ["InvalidSubnetID.NotFound", "InvalidSubnetID.Malformed"],
    of: ({ target }) => ({
      message: `not all of the subnets ${target.ec2.subnets.join(", ")} are in ${target.region}`,
      hint: "correct DEFERRED_EC2_SUBNETS, or --subnets; without it the default ones are taken",
    }),
  },
  {
    codes: ["AuthFailure.ServiceLinkedRoleCreationNotPermitted"],
    of: () => ({
      message:
        "the account was never used for spot machines, and these credentials may not prepare it",
      hint: "once, as an administrator: aws iam create-service-linked-role --aws-service-name spot.amazonaws.com",
    }),
  },
];
