import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** What EC2's instance metadata service says of one instance. */
export interface InstanceMetadata {
  instanceId: string;
  userData: string;
  instanceType?: string;
  zone?: string;
}

export interface MetadataService {
  url: string;
  /** Paths below the version that were asked for, with a token or refused without. */
  asked: string[];
  /** From now on the instance is told that it is taken back, as spot instances are. */
  interrupt(at: Date): void;
  recommendRebalance(at: Date): void;
  close(): Promise<void>;
}

const TOKEN_TTL = "x-aws-ec2-metadata-token-ttl-seconds";
const TOKEN = "x-aws-ec2-metadata-token";

/** A metadata service of version 2 on a loopback address: no answer without a session's token. */
export async function startMetadata(instance: InstanceMetadata): Promise<MetadataService> {
  const zone = instance.zone ?? "eu-west-1a";
  const answers = new Map<string, string>([
    ["user-data", instance.userData],
    ["meta-data/instance-id", instance.instanceId],
    ["meta-data/instance-type", instance.instanceType ?? "t3.small"],
    ["meta-data/local-hostname", `ip-10-0-0-7.${zone.slice(0, -1)}.compute.internal`],
    ["meta-data/placement/availability-zone", zone],
    [
      "dynamic/instance-identity/document",
      JSON.stringify({ instanceId: instance.instanceId, region: zone.slice(0, -1) }),
    ],
  ]);
  const asked: string[] = [];
  let tokens = 0;

  const server = createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://metadata").pathname;
    const [, version = "", ...rest] = path.split("/");
    const key = rest.join("/");
    response.setHeader("content-type", "text/plain");
    if (key === "api/token") {
      const ttl = request.headers[TOKEN_TTL];
      if (request.method !== "PUT" || ttl === undefined) return response.writeHead(400).end();
      return response.writeHead(200, { [TOKEN_TTL]: ttl }).end(`token-${++tokens}`);
    }
    const token = /^token-(\d+)$/.exec(String(request.headers[TOKEN]))?.[1];
    asked.push(token ? key : `${key} without a token`);
    if (!token || Number(token) > tokens) return response.writeHead(401).end();
    const known = /^(latest|2021-03-23|\d{4}-\d\d-\d\d)$/.test(version);
    const answer = known ? (answers.get(key) ?? listing(answers.keys(), key)) : undefined;
    return answer === undefined ? response.writeHead(404).end() : response.end(answer);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    interrupt(at) {
      const time = at.toISOString().replace(/\.\d+/, "");
      answers.set("meta-data/spot/instance-action", JSON.stringify({ action: "terminate", time }));
    },
    recommendRebalance(at) {
      const noticeTime = at.toISOString().replace(/\.\d+/, "");
      answers.set("meta-data/events/recommendations/rebalance", JSON.stringify({ noticeTime }));
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** What is below a path, a slash after each that has more below it; undefined where nothing is. */
function listing(paths: Iterable<string>, path: string): string | undefined {
  const folder = path === "" || path.endsWith("/") ? path : `${path}/`;
  const below = [...paths].filter((one) => one.startsWith(folder));
  const names = below.map((one) => one.slice(folder.length).replace(/\/.*/, "/"));
  return names.length === 0 ? undefined : [...new Set(names)].sort().join("\n");
}
