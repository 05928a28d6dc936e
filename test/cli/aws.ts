import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { startAccount, type AccountOptions } from "../services/aws-account.ts";
import { startEc2, type Ec2Options } from "../services/ec2/endpoint.ts";
import { startS3Admin } from "../services/s3-admin.ts";
import { deferred, type Ended } from "./deferred.ts";

export interface AwsOptions {
  ec2?: Ec2Options;
  account?: AccountOptions;
  s3?: Parameters<typeof startS3Admin>[0];
  /** Status with which the server answers `/healthz`. */
  health?: number;
}

export const BUCKET = "deferred-test-results";

/** An account to prepare: EC2, S3, STS and quotas, and a server that answers; gone with the test. */
export async function startAws(options: AwsOptions = {}) {
  const quotas = { "L-1216C47A": 8, "L-34B43A08": 8 };
  const [ec2, account, s3, server] = await Promise.all([
    startEc2(options.ec2),
    startAccount({ quotas, ...options.account }),
    startS3Admin(options.s3),
    startServer(options.health ?? 200),
  ]);
  onTestFinished(async () => {
    await Promise.all([ec2.close(), account.close(), s3.close(), server.close()]);
  });
  const env: Record<string, string> = {
    ...ec2.env,
    ...account.env,
    ...s3.env,
    DEFERRED_URL: server.url,
    DEFERRED_S3_BUCKET: BUCKET,
  };
  return {
    ec2,
    s3,
    url: server.url,
    env,
    aws: (args: string[], more: Record<string, string> = {}): Promise<Ended> =>
      deferred(["aws", ...args], { env: { ...env, ...more } }),
    /** The security group that was made for the server. */
    group: () =>
      [...ec2.store.securityGroups.values()].find(
        ({ tags }) => tags.get("deferred:owner") === server.url,
      ),
    bucket: () => s3.buckets.get(BUCKET),
  };
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
