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
  /** Whether the offer's type runs on credits. */
  burstable: boolean;
  userData: string;
  securityGroup: string;
  /** Says the security group, the metadata service and what a power-off does in place of the launch. */
  launchTemplate: LaunchTemplate | undefined;
  diskGb: number;
  lifecycle: "warm" | "ephemeral";
  fleetId: string;
  serverUrl: string;
  /** Digest of the settings that made it. */
  settings: string;
}

/** The same for a launch and an offer however often it is asked for, within EC2's 64 characters. */
export function clientToken(launchId: string, offer: number): string {
  return `${launchId}-${offer}`;
}

/** The request for an order. Idempotent: it is the same each time. */
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
    // What EC2 has today is more than what the SDK knew when it was made.
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
          // Where the responder's end powers the machine off, that is what becomes of it.
          InstanceInitiatedShutdownBehavior:
            order.lifecycle === "warm" && !isSpot ? "stop" : "terminate",
        }),
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
    // Said, since accounts may have another default. A short life earns no credits, and spot pays all that it borrows.
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

/** Code in a sandbox never gets to the metadata service; with one hop, nothing that is routed does either. */
function metadataOptions(ipv6: boolean): InstanceMetadataOptionsRequest {
  return {
    HttpTokens: "required",
    HttpPutResponseHopLimit: 1,
    HttpEndpoint: "enabled",
    // Without it a machine that has no IPv4 address gets no user data.
    ...(ipv6 ? { HttpProtocolIpv6: "enabled" } : {}),
  };
}

/** Differs for machines that other settings made. */
export function settingsDigest(settings: unknown): string {
  return createHash("sha256").update(JSON.stringify(settings)).digest("base64url").slice(0, 22);
}
