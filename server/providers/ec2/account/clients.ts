import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { EC2Client } from "@aws-sdk/client-ec2";
import { S3Client } from "@aws-sdk/client-s3";
import { ServiceQuotasClient } from "@aws-sdk/client-service-quotas";
import { STSClient } from "@aws-sdk/client-sts";
import { AwsCallError } from "./call-error.ts";
import type { Target } from "./target.ts";

export interface Clients {
  cloudformation: CloudFormationClient;
  ec2: EC2Client;
  s3: S3Client;
  sts: STSClient;
  quotas: ServiceQuotasClient;
}

/** The SDK finds the credentials in variables, a profile, or the host's role. */
export function createClients(target: Target): Clients {
  // The SDK retries throttled calls and transient faults with backoff.
  const common = { region: target.region, maxAttempts: 5 };
  const clients: Clients = {
    cloudformation: new CloudFormationClient(common),
    ec2: new EC2Client({ ...common, ...endpointOf(target.ec2.endpoint) }),
    s3: new S3Client({
      ...common,
      ...endpointOf(target.s3Endpoint),
      forcePathStyle: target.pathStyle,
      followRegionRedirects: false,
    }),
    sts: new STSClient(common),
    quotas: new ServiceQuotasClient(common),
  };
  for (const [prefix, client] of Object.entries(clients)) {
    nameFailures(client, prefix === "quotas" ? "servicequotas" : prefix);
  }
  return clients;
}

function endpointOf(endpoint: string | undefined) {
  return endpoint === undefined ? {} : { endpoint };
}

/** The middleware stack, which all clients have. */
interface Traced {
  middlewareStack: {
    add(
      middleware: (
        next: (args: never) => Promise<never>,
        context: { commandName?: string },
      ) => (args: never) => Promise<never>,
      options: { step: "initialize"; name: string; priority: "high" },
    ): void;
  };
}

/** Adds the name of the call to errors, which the SDK leaves out. */
function nameFailures(client: object, service: string): void {
  (client as Traced).middlewareStack.add(
    (next, { commandName = "" }) =>
      async (args) => {
        try {
          return await next(args);
        } catch (error) {
          throw new AwsCallError(actionOf(service, commandName), error);
        }
      },
    { step: "initialize", name: "nameFailures", priority: "high" },
  );
}

/** IAM actions of S3 calls that have other names than the calls. */
const ACTIONS: Record<string, string> = {
  GetBucketLifecycleConfiguration: "GetLifecycleConfiguration",
  HeadBucket: "ListBucket",
};

function actionOf(service: string, commandName: string): string {
  const name = commandName.replace(/Command$/, "");
  return `${service}:${ACTIONS[name] ?? name}`;
}
