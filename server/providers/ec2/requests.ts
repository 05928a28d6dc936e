import type {
  InstanceMetadataOptionsRequest,
  RunInstancesCommandInput,
  _InstanceType,
} from "@aws-sdk/client-ec2";
import { createHash } from "node:crypto";
import type { LaunchSpec } from "../compute.ts";
import type { FoundImage } from "./images.ts";
import type { Ec2Offer } from "./offers.ts";

/** Tags of machines and volumes. */
export const TAGS = {
  fleet: "deferred:fleet",
  pool: "deferred:pool",
  project: "deferred:project",
  owner: "deferred:owner",
  launch: "deferred:launch",
  settings: "deferred:settings",
} as const;

/** A version of a launch template. */
export interface LaunchTemplate {
  id: string;
  version: string;
}

export interface LaunchOrder {
  spec: Pick<LaunchSpec, "launchId" | "pool" | "project">;
  offer: Pick<Ec2Offer, "number" | "market" | "type" | "subnet">;
  image: FoundImage;
  /** Whether the offer's type is burstable. */
  burstable: boolean;
  userData: string;
  securityGroup: string;
  /** Provides the security group, the metadata options and the shutdown behavior in place of the request. */
  launchTemplate: LaunchTemplate | undefined;
  diskGb: number;
  lifecycle: "warm" | "ephemeral";
  fleetId: string;
  serverUrl: string;
  /** Digest of the settings that made it. */
  settings: string;
}

/** EC2's idempotency token of a launch and an offer, within EC2's limit of 64 characters. */
export function clientToken(launchId: string, offer: number): string {
  return `${launchId}-${offer}`;
}

/** The request for an order. Deterministic, so that its repetition is idempotent. */
export function runInstancesInput(order: LaunchOrder): RunInstancesCommandInput {
  const { spec, offer, image, launchTemplate } = order;
  const ipv6 = offer.subnet?.ipv6 === true;
  const isSpot = offer.market === "spot";
  const Tags = Object.entries({
    Name: `deferred ${spec.pool}`,
    [TAGS.fleet]: order.fleetId,
    [TAGS.pool]: spec.pool,
    [TAGS.project]: spec.project,
    [TAGS.owner]: order.serverUrl,
    [TAGS.launch]: spec.launchId,
    [TAGS.settings]: order.settings,
  }).map(([Key, Value]) => ({ Key, Value: Value.slice(0, 256) }));
  return {
    ClientToken: clientToken(spec.launchId, offer.number),
    MinCount: 1,
    MaxCount: 1,
    ImageId: image.id,
    // EC2 may have types that this version of the SDK does not know.
    InstanceType: offer.type as _InstanceType,
    ...(offer.subnet ? { SubnetId: offer.subnet.subnetId } : {}),
    ...(launchTemplate
      ? {
          LaunchTemplate: {
            LaunchTemplateId: launchTemplate.id,
            Version: launchTemplate.version,
          },
        }
      : {
          SecurityGroupIds: [order.securityGroup],
          // The responder powers the machine off when it ends.
          InstanceInitiatedShutdownBehavior:
            order.lifecycle === "warm" && !isSpot ? "stop" : "terminate",
        }),
    // A one-time spot machine can't be stopped, whatever the template says.
    ...(launchTemplate && isSpot && order.lifecycle === "warm"
      ? { InstanceInitiatedShutdownBehavior: "terminate" }
      : {}),
    UserData: Buffer.from(order.userData).toString("base64"),
    ...(launchTemplate && !ipv6 ? {} : { MetadataOptions: metadataOptions(ipv6) }),
    BlockDeviceMappings: [
      {
        DeviceName: image.rootDevice,
        Ebs: {
          VolumeSize: Math.max(order.diskGb, image.diskGb),
          VolumeType: "gp3",
          Encrypted: true,
          DeleteOnTermination: true,
        },
      },
    ],
    // Explicit, since accounts may have another default. A short-lived machine earns no credits, and on spot all
    // surplus credits are charged.
    ...(order.burstable
      ? { CreditSpecification: { CpuCredits: isSpot ? "standard" : "unlimited" } }
      : {}),
    ...(isSpot
      ? {
          InstanceMarketOptions: {
            MarketType: "spot",
            SpotOptions: {
              SpotInstanceType: "one-time",
              InstanceInterruptionBehavior: "terminate",
            },
          },
        }
      : {}),
    TagSpecifications: [
      { ResourceType: "instance", Tags },
      { ResourceType: "volume", Tags },
    ],
  };
}

/** The sandbox blocks the metadata service. The hop limit of 1 also blocks routed traffic to it. */
function metadataOptions(ipv6: boolean): InstanceMetadataOptionsRequest {
  return {
    HttpTokens: "required",
    HttpPutResponseHopLimit: 1,
    HttpEndpoint: "enabled",
    // A machine without an IPv4 address can't load its user data otherwise.
    ...(ipv6 ? { HttpProtocolIpv6: "enabled" } : {}),
  };
}

/** Digest of the settings, by which outdated machines are recognized. */
export function settingsDigest(settings: unknown): string {
  return createHash("sha256").update(JSON.stringify(settings)).digest("base64url").slice(0, 22);
}
