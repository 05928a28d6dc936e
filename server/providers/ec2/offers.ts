import type { Offer } from "../compute.ts";

/** A market, a type and a place to ask for a machine. */
export interface Ec2Offer extends Offer {
  market: "spot" | "on-demand";
  type: string;
  /** Absent: the account's default. */
  subnet?: Ec2Subnet;
}

export interface Ec2Subnet {
  subnetId: string;
  /** Absent where it could not be found out. */
  zone?: string;
  /** Whether machines there may have IPv6 addresses, and perhaps no others. */
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
 * Every way to get a machine, in the order in which they are tried: spot before on-demand, since it is
 * the cheaper one, and a type everywhere before the next type.
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
