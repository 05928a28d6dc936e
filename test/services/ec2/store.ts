import { randomBytes } from "node:crypto";

export type StateName =
  | "pending"
  | "running"
  | "shutting-down"
  | "terminated"
  | "stopping"
  | "stopped";

export interface Instance {
  readonly id: string;
  readonly reservationId: string;
  readonly imageId: string;
  readonly type: string;
  readonly architecture: string;
  readonly subnetId: string;
  readonly zone: string;
  readonly groups: string[];
  readonly clientToken: string;
  readonly isSpot: boolean;
  readonly spotRequestId: string | undefined;
  readonly keyName: string | undefined;
  readonly profile: string | undefined;
  readonly shutdownBehavior: "stop" | "terminate";
  readonly metadata: { tokens: string; hopLimit: number; endpoint: string; ipv6: string };
  /** Of a type that runs on credits. */
  readonly cpuCredits: string | undefined;
  /** As it was sent, in Base64. */
  readonly userData: string;
  readonly tags: Map<string, string>;
  launchedAt: number;
  /** Until then no call knows it. */
  knownAt: number;
  state: StateName;
  stateReason: { code: string; message: string } | undefined;
  /** `User initiated (2026-11-22 07:00:00 GMT)`. */
  transitionReason: string;
  readonly privateIp: string;
  readonly volumes: string[];
  terminatedAt: number | undefined;
}

export interface Volume {
  readonly id: string;
  readonly instanceId: string;
  readonly device: string;
  readonly size: number;
  readonly type: string;
  readonly encrypted: boolean;
  readonly deleteOnTermination: boolean;
  readonly zone: string;
  readonly createdAt: number;
  readonly tags: Map<string, string>;
}

export interface Image {
  readonly id: string;
  readonly name: string;
  readonly owner: string;
  /** Of publishers that AWS has verified; policies see it in place of the owner's number. */
  readonly ownerAlias?: "amazon" | "aws-marketplace";
  readonly architecture: "x86_64" | "arm64";
  readonly createdAt: string;
  readonly rootDevice: string;
  readonly size: number;
  /** `unlisted`: made, and not known to requests yet (eventual consistency). */
  readonly state: "unlisted" | "pending" | "available" | "deregistered";
  readonly tags: ReadonlyMap<string, string>;
}

export interface Subnet {
  readonly id: string;
  readonly vpcId: string;
  readonly zone: string;
  readonly isDefault: boolean;
  /** `only`: its machines have no IPv4 address. */
  readonly ipv6?: "too" | "only";
  readonly tags: ReadonlyMap<string, string>;
}

export interface SecurityGroup {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly vpcId: string;
  readonly tags: Map<string, string>;
  /** Absent: those of a group that was made with the account, everything out and all of the group in. */
  rules?: { inbound: SecurityRule[]; outbound: SecurityRule[] };
}

/** One peer of a permission. */
export interface SecurityRule {
  protocol: string;
  from: number | undefined;
  to: number | undefined;
  kind: "ipv4" | "ipv6" | "group" | "prefixList";
  peer: string;
}

export interface InstanceType {
  readonly name: string;
  readonly architectures: string[];
  readonly vcpus: number;
  readonly memoryMb: number;
  readonly tags: ReadonlyMap<string, string>;
}

/** Everything the account has in the one region there is. */
export interface Store {
  readonly accountId: string;
  readonly region: string;
  readonly instances: Map<string, Instance>;
  readonly volumes: Map<string, Volume>;
  /** By token and where it counts: what was asked for, and what it led to. */
  readonly launches: Map<string, { statement: string; reservationId: string }>;
  readonly images: Image[];
  readonly subnets: Subnet[];
  readonly securityGroups: Map<string, SecurityGroup>;
  readonly types: InstanceType[];
  /** Of disks that name none. */
  defaultKey: string;
  /** Of an account that may launch a few types only. */
  isFreePlan: boolean;
  /** By id: what each version says, as the parameters that it stands for; the first is version 1. */
  readonly launchTemplates: Map<string, Map<string, string>[]>;
}

/** Whether machines of a type run on credits. */
export function isBurstable(type: string): boolean {
  return /^t\d/.test(type);
}

export function newResourceId(kind: string): string {
  return `${kind}-0${randomBytes(8).toString("hex")}`;
}

const DEBIAN = "136693071363";
const CANONICAL = "099720109477";
const NONE: ReadonlyMap<string, string> = new Map();

function image(id: string, name: string, owner: string, createdAt: string): Image {
  const architecture = /arm64/.test(name) ? "arm64" : "x86_64";
  const rootDevice = owner === DEBIAN ? "/dev/xvda" : "/dev/sda1";
  const state = "available";
  const isVerified = owner === DEBIAN || owner === CANONICAL;
  const alias = isVerified ? { ownerAlias: "aws-marketplace" as const } : {};
  const size = 8;
  return {
    id,
    name,
    owner,
    ...alias,
    architecture,
    createdAt,
    rootDevice,
    size,
    state,
    tags: NONE,
  };
}

function type(
  name: string,
  vcpus: number,
  memoryMb: number,
  architecture = "x86_64",
): InstanceType {
  return { name, architectures: [architecture], vcpus, memoryMb, tags: NONE };
}

/** An account with a default subnet in three zones, images as their makers name them, some types. */
export function newStore(accountId = "123456789012", region = "eu-west-1"): Store {
  const vpcId = "vpc-0aaaaaaaaaaaaaaaa";
  const group: SecurityGroup = {
    id: "sg-0aaaaaaaaaaaaaaaa",
    name: "default",
    description: "default VPC security group",
    vpcId,
    tags: new Map(),
  };
  const ubuntu = "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04";
  return {
    accountId,
    region,
    instances: new Map(),
    volumes: new Map(),
    launches: new Map(),
    images: [
      image(
        "ami-0deb13a0000000001",
        "debian-13-amd64-20251006-2257",
        DEBIAN,
        "2025-10-06T22:57:00.000Z",
      ),
      image(
        "ami-0deb13a0000000002",
        "debian-13-amd64-20261103-2301",
        DEBIAN,
        "2026-11-03T23:01:00.000Z",
      ),
      image(
        "ami-0deb13b0000000001",
        "debian-13-arm64-20261103-2301",
        DEBIAN,
        "2026-11-03T23:01:10.000Z",
      ),
      image(
        "ami-0deb12a0000000001",
        "debian-12-amd64-20261020-2271",
        DEBIAN,
        "2026-10-20T12:00:00.000Z",
      ),
      image(
        "ami-0deb12b0000000001",
        "debian-12-arm64-20261020-2271",
        DEBIAN,
        "2026-10-20T12:00:00.000Z",
      ),
      image(
        "ami-0deb12c0000000001",
        "debian-12-backports-amd64-20261101-1",
        DEBIAN,
        "2026-11-01T12:00:00.000Z",
      ),
      image(
        "ami-0cafe24a000000001",
        `${ubuntu}-amd64-server-20261101`,
        CANONICAL,
        "2026-11-01T08:00:00.000Z",
      ),
      image(
        "ami-0cafe24b000000001",
        `${ubuntu}-arm64-server-20261101`,
        CANONICAL,
        "2026-11-01T08:00:00.000Z",
      ),
      image(
        "ami-0cafe22a000000001",
        "ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-20261028",
        CANONICAL,
        "2026-10-28T08:00:00.000Z",
      ),
      // By nobody one knows, newer than all of them, and named to be taken for one.
      image(
        "ami-0bad13a0000000001",
        "debian-13-amd64-20991231-9999",
        "666666666666",
        "2026-11-20T00:00:00.000Z",
      ),
    ],
    subnets: ["a", "b", "c"].map((zone) => ({
      id: `subnet-0${zone.repeat(16)}`,
      vpcId,
      zone: region + zone,
      isDefault: true,
      tags: NONE,
    })),
    securityGroups: new Map([[group.id, group]]),
    defaultKey: "alias/aws/ebs",
    isFreePlan: false,
    launchTemplates: new Map(),
    types: [
      type("t3.micro", 2, 1024),
      type("t3.small", 2, 2048),
      type("t3a.small", 2, 2048),
      type("t3.medium", 2, 4096),
      type("c7i.large", 2, 4096),
      type("t4g.small", 2, 2048, "arm64"),
    ],
  };
}
