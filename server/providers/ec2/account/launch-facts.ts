import {
  paginateDescribeInstanceTypeOfferings,
  paginateDescribeInstanceTypes,
} from "@aws-sdk/client-ec2";
import type { Clients } from "./clients.ts";
import type { Target } from "./target.ts";

export interface TypeFacts {
  name: string;
  vcpus: number;
  /** Availability zones that offer it. */
  zones: string[];
}

/** Facts and zones of the configured instance types that the region offers. */
export async function findTypes(
  { ec2: client }: Clients,
  { ec2: { types } }: Target,
): Promise<TypeFacts[]> {
  // By a filter, since an unknown type in `InstanceTypes` fails the whole call.
  const Filters = [{ Name: "instance-type", Values: types }];
  const vcpus = new Map<string, number>();
  for await (const page of paginateDescribeInstanceTypes({ client }, { Filters })) {
    for (const { InstanceType = "", VCpuInfo } of page.InstanceTypes ?? []) {
      vcpus.set(InstanceType, VCpuInfo?.DefaultVCpus ?? 0);
    }
  }
  const zones = new Map<string, string[]>();
  const asked = { LocationType: "availability-zone" as const, Filters };
  for await (const page of paginateDescribeInstanceTypeOfferings({ client }, asked)) {
    for (const { InstanceType = "", Location = "" } of page.InstanceTypeOfferings ?? []) {
      zones.set(InstanceType, [...(zones.get(InstanceType) ?? []), Location].sort());
    }
  }
  return types.flatMap((name) => {
    const count = vcpus.get(name);
    return count === undefined ? [] : { name, vcpus: count, zones: zones.get(name) ?? [] };
  });
}
