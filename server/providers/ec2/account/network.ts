import { paginateDescribeSubnets, type Subnet } from "@aws-sdk/client-ec2";
import type { Clients } from "./clients.ts";
import type { Target } from "./target.ts";

/** Subnets for machines: the configured ones, else the default subnet of each zone. */
export async function findSubnets(
  { ec2 }: Clients,
  { ec2: { subnets } }: Target,
): Promise<Subnet[]> {
  const asked =
    subnets.length > 0
      ? { SubnetIds: subnets }
      : { Filters: [{ Name: "default-for-az", Values: ["true"] }] };
  const found: Subnet[] = [];
  for await (const page of paginateDescribeSubnets({ client: ec2 }, asked)) {
    found.push(...(page.Subnets ?? []));
  }
  return found;
}

/**
 * Selects some subnets, one a zone, as fallbacks for a zone without capacity. Their number is limited, since each is
 * tried before a waiting run is told that there is no capacity.
 */
export function someSubnets(subnets: Subnet[]): string[] {
  const isOpen = subnets.filter(({ MapPublicIpOnLaunch }) => MapPublicIpOnLaunch === true);
  const zones = new Map(isOpen.map((one) => [one.AvailabilityZone ?? "", one.SubnetId ?? ""]));
  const sorted = [...zones].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return sorted.slice(0, 3).map(([, id]) => id);
}
