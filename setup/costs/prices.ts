/** US dollars, Linux, before taxes: list prices as known in November 2026, not fetched from AWS. */
export interface Prices {
  /** An hour of a t3.small. */
  onDemand: number;
  /** An hour of it on spot: assumed at 40 % of the above, since the market moves. */
  spot: number;
  /** A gigabyte of gp3 for a month. */
  disk: number;
}

export const REGIONS = {
  "eu-west-1": { onDemand: 0.0228, spot: 0.0228 * 0.4, disk: 0.088 },
  "us-east-1": { onDemand: 0.0208, spot: 0.0208 * 0.4, disk: 0.08 },
} satisfies Record<string, Prices>;

/** An hour of a public IPv4 address, the same in both. */
export const ADDRESS_HOUR = 0.005;
export const HOURS_A_MONTH = 730;
/** Gigabytes of a machine's disk. */
export const DISK_GB = 20;
