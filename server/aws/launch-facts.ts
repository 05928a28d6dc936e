import {
  DescribeInstanceTypesCommand,
  paginateDescribeInstanceTypeOfferings,
  type _InstanceType,
} from "@aws-sdk/client-ec2";
import type { Architecture } from "../compute/image-search.ts";
import { hasCode } from "./call-error.ts";
import type { Clients } from "./clients.ts";
import { Refusal } from "./refusal.ts";
import type { Target } from "./target.ts";

export interface TypeFacts {
  name: string;
  architecture: Architecture;
  vcpus: number;
  /** Zones of the region that have it. */
  zones: string[];
}

/** What the machine types of the settings are, and where they are to be had. Throws `Refusal`. */
export async function findTypes(
  { ec2 }: Clients,
  { ec2: { types }, region }: Target,
): Promise<TypeFacts[]> {
  const InstanceTypes = types as _InstanceType[];
  const described = await ec2
    .send(new DescribeInstanceTypesCommand({ InstanceTypes }))
    .catch((error: unknown) => {
      if (!hasCode(error, "InvalidInstanceType", "InvalidParameterValue")) throw error;
      throw new Refusal(
        `${region} does not have all of the types ${types.join(", ")}: ${error.message}`,
        "correct DEFERRED_EC2_TYPES, or --types",
      );
    });
  const zones = new Map<string, string[]>();
  const asked = {
    LocationType: "availability-zone" as const,
    Filters: [{ Name: "instance-type", Values: types }],
  };
  for await (const page of paginateDescribeInstanceTypeOfferings({ client: ec2 }, asked)) {
    for (const { InstanceType = "", Location = "" } of page.InstanceTypeOfferings ?? []) {
      zones.set(InstanceType, [...(zones.get(InstanceType) ?? []), Location].sort());
    }
  }
  return types.flatMap((name) => {
    const type = described.InstanceTypes?.find(({ InstanceType }) => InstanceType === name);
    if (!type) return [];
    const isArm = type.ProcessorInfo?.SupportedArchitectures?.includes("arm64") === true;
    return {
      name,
      architecture: isArm ? "arm64" : "x86_64",
      vcpus: type.VCpuInfo?.DefaultVCpus ?? 0,
      zones: zones.get(name) ?? [],
    };
  });
}
