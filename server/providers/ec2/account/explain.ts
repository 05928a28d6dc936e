import type { AwsCallError } from "./call-error.ts";
import { readDenial, type Denial } from "./denial.ts";
import { kindOf, type Statements } from "./stack/statements.ts";
import type { Target } from "./target.ts";

/** The problem and the remedy, one sentence each. */
export interface Explanation {
  message: string;
  hint: string;
}

/** The owner of the call's credentials: the server, or the person who manages the stack. */
export type Caller = { who: "server"; statements: Statements } | { who: "person" };

/** Explains why a call failed. */
export function explain(error: AwsCallError, target: Target, caller: Caller): Explanation {
  const told = EXPLANATIONS.find(({ codes }) => codes.includes(error.code));
  if (told) return told.of({ error, target, caller });
  if (error.code === "Status403") return DENIED({ error, target, caller });
  if (error.code === "Status301") return WRONG_REGION({ error, target, caller });
  return {
    message: `AWS refused ${error.action}: ${error.message} (${error.code})`,
    hint: "correct what it names",
  };
}

interface Case {
  error: AwsCallError;
  target: Target;
  caller: Caller;
}
type Explain = (one: Case) => Explanation;

/** Denials that no policy of the stack can change, by the kind of rule. */
const OTHERS: Record<string, string> = {
  "the organization":
    "a policy of your organization refuses it, which only those who run the organization can change",
  "a boundary": "the permissions boundary of these credentials refuses it: widen that",
  "the session": "the policy of this session refuses it: sign in with another",
  "a denial": "a policy of these credentials denies it by name: take that statement out",
};

/** Names the statement of the stack that should have allowed the denied call. */
const DENIED: Explain = ({ error, caller }) => {
  const denial = readDenial(error.message);
  const { action = error.action, resource, by, encoded } = denial;
  const message = `these credentials may not ${action}${resource ? ` on ${placeOf(resource)}` : ""}`;
  if (by !== undefined && by in OTHERS) return { message, hint: OTHERS[by]! };
  if (caller.who === "person") {
    return { message, hint: "use an administrator's credentials for this, or ask for that right" };
  }
  const statements = caller.statements.for(action, resource);
  if (statements.length === 0) {
    return { message, hint: `no policy of the stack allows ${action}: use other credentials` };
  }
  if (resource === undefined && statements.length > 1 && encoded !== undefined) {
    const names = statements.map(({ Sid }) => Sid).join(", ");
    return {
      message,
      hint: `AWS does not say which of ${names} it was; an administrator has that decoded: aws sts decode-authorization-message --encoded-message ${encoded}`,
    };
  }
  return { message, hint: statements.map(hintOf).join("; ") };
};

function hintOf({ Sid, parameters }: ReturnType<Statements["for"]>[number]): string {
  const depends =
    parameters.length > 0
      ? ` where the stack's ${parameters.join(" and ")} ${parameters.length > 1 ? "are" : "is"} what the server is set to`
      : "";
  return `${Sid} in the stack's policy allows it${depends}: run deferred aws setup with the server's settings, and see that these credentials have that policy`;
}

/** `image/ami-0123` for EC2's resources, the whole ARN for other services. */
function placeOf(resource: NonNullable<Denial["resource"]>): string {
  return kindOf(resource) === undefined ? resource : resource.split(":").slice(5).join(":");
}

const WRONG_REGION: Explain = ({ target }) => ({
  message: `the bucket ${target.bucket} is in another region than ${target.region}`,
  hint: "set AWS_REGION to the bucket's region, or DEFERRED_S3_BUCKET to another bucket",
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
      hint: "deferred aws setup --set MakeSpotRole=yes, once; or aws iam create-service-linked-role --aws-service-name spot.amazonaws.com",
    }),
  },
  {
    codes: ["InvalidParameterCombination"],
    of: ({ error }) =>
      /free tier/i.test(error.message)
        ? {
            message: `the account is on AWS's free plan, which has few types: ${error.message}`,
            hint: "set DEFERRED_EC2_TYPES to types of the free plan, such as t3.small, or upgrade the account's plan",
          }
        : {
            message: `AWS refused ${error.action}: ${error.message}`,
            hint: "correct what it names",
          },
  },
  {
    codes: [
      "InvalidLaunchTemplateId.Malformed",
      "InvalidLaunchTemplateId.NotFound",
      "InvalidLaunchTemplateId.VersionNotFound",
    ],
    of: ({ error }) => ({
      message: `DEFERRED_EC2_LAUNCH_TEMPLATE names none that is there: ${error.message}`,
      hint: "run deferred aws setup, and give the server what it prints",
    }),
  },
  {
    codes: ["InsufficientCapabilities", "InsufficientCapabilitiesException"],
    of: () => ({
      message: "CloudFormation wants to be told that the template makes users, roles and policies",
      hint: "this version of deferred does not tell it all that its template needs: please report it",
    }),
  },
  {
    codes: ["ValidationError"],
    of: ({ error }) => ({
      message: `CloudFormation refused it: ${error.message}`,
      hint: "correct what it names; docs/aws.md lists the stack's parameters",
    }),
  },
];
