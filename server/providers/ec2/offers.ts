import type { Offer } from "../compute.ts";

/** A market, an instance type and a subnet to request a machine in. */
export interface Ec2Offer extends Omit<Offer, "zone"> {
  market: "spot" | "on-demand";
  type: string;
  /** Absent: the account's default. */
  subnet?: Ec2Subnet;
}

export interface Ec2Subnet {
  subnetId: string;
  /** Absent if it is unknown. */
  zone?: string;
  /** Whether machines may have IPv6 addresses there, perhaps without IPv4. */
  ipv6?: boolean;
}

export interface Offered {
  market: "spot" | "on-demand";
  /** In order of preference. */
  types: readonly string[];
  /** None: the account's default. */
  places: readonly Ec2Subnet[];
}

/**
 * All offers, in the order in which they are tried: spot before on-demand, since it is cheaper, and a type in all
 * subnets before the next type.
 */
export function offersOf({ market, types, places }: Offered): Ec2Offer[] {
  const markets = market === "spot" ? (["spot", "on-demand"] as const) : (["on-demand"] as const);
  const subnets = places.length > 0 ? places : [undefined];
  const ways = markets.flatMap((one) =>
    types.flatMap((type) =>
      subnets.map((subnet) => ({ market: one, type, ...(subnet ? { subnet } : {}) })),
    ),
  );
  const names = ways.map(nameOf);
  return ways.map((way, index) => ({
    ...way,
    number: index + 1,
    of: ways.length,
    name: names[index]!,
    ...(index + 1 < ways.length
      ? { next: `If it can't be had, ${names[index + 1]} is tried.` }
      : {}),
  }));
}

function nameOf({ market, type, subnet }: Pick<Ec2Offer, "market" | "type" | "subnet">): string {
  const where = subnet ? ` in ${subnet.zone ?? subnet.subnetId}` : "";
  return `${market} ${type}${where}`;
}
