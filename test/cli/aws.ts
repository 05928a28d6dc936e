import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { startAccount, type AccountOptions } from "../services/aws-account.ts";
import { startCloudFormation } from "../services/cloudformation/endpoint.ts";
import { startEc2, type Ec2Options } from "../services/ec2/endpoint.ts";
import { startS3Objects } from "../services/s3-objects.ts";
import { deferred, type Ended } from "./deferred.ts";

export interface AwsOptions {
  ec2?: Ec2Options;
  account?: AccountOptions;
  /** Status with which the server answers `/healthz`. */
  health?: number;
}

/** An account to prepare: CloudFormation, EC2, S3, STS and quotas, and a server that answers; gone with the test. */
export async function startAws(options: AwsOptions = {}) {
  const quotas = { "L-1216C47A": 8, "L-34B43A08": 8 };
  const [ec2, account, s3, server] = await Promise.all([
    startEc2(options.ec2),
    startAccount({ quotas, ...options.account }),
    startS3Objects("deferred-test-results"),
    startServer(options.health ?? 200),
  ]);
  const cloudformation = await startCloudFormation({ store: ec2.store, keys: ec2.keys });
  onTestFinished(async () => {
    await Promise.all([
      cloudformation.close(),
      ec2.close(),
      account.close(),
      s3.close(),
      server.close(),
    ]);
  });
  const env: Record<string, string> = {
    ...ec2.env,
    ...account.env,
    ...cloudformation.env,
    DEFERRED_URL: server.url,
  };
  return {
    ec2,
    s3,
    cloudformation,
    url: server.url,
    env,
    aws: (args: string[], more: Record<string, string> = {}): Promise<Ended> =>
      deferred(["aws", ...args], { env: { ...env, ...more } }),
    /** The stack that is there. */
    stack: () => cloudformation.stacks.find(({ status }) => status !== "DELETE_COMPLETE"),
  };
}

/** The variables that setup printed. */
export function printed(stdout: string): Record<string, string> {
  const lines = stdout.trim().split("\n");
  return Object.fromEntries(lines.map((line) => line.split(/=(.*)/s).slice(0, 2)));
}

async function startServer(status: number) {
  const server = createServer((_, response) => response.writeHead(status).end());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
