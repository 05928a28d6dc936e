import { format } from "oxfmt";

// What machines on EC2 and results on S3 cost, for docs/aws.md. `node bench/aws-costs.ts` prints the table;
// a test holds the page to it.

/** US dollars, Linux, before taxes: list prices as known in November 2026. */
interface Prices {
  /** An hour of a t3.small. */
  onDemand: number;
  /** An hour of it on spot: assumed at 40 % of the above, since the market moves. */
  spot: number;
  /** A gigabyte of gp3 for a month. */
  disk: number;
}

const REGIONS: Record<string, Prices> = {
  "eu-west-1": { onDemand: 0.0228, spot: 0.0228 * 0.4, disk: 0.088 },
  "us-east-1": { onDemand: 0.0208, spot: 0.0208 * 0.4, disk: 0.08 },
};
/** The same in both. */
const ADDRESS_HOUR = 0.005;
const S3 = { gbMonth: 0.023, put: 0.005 / 1000, get: 0.0004 / 1000, outGb: 0.09, outFreeGb: 100 };
/** A virtual processor-hour that a t3 uses above its baseline of 20 % of each of two. */
const T3 = { surplus: 0.05, baseline: 0.2, processors: 2 };
const HOURS_A_MONTH = 730;

const DISK_GB = 8;
const IDLE_S = 300;
/** From the order until the first run is claimed: assumed, to be measured in your region. */
const WAKE_S = { warm: 20, ephemeral: 60 };
/** A result with its output, and one artifact. */
const RESULT_KB = 40;
const READS_A_RUN = 3;

type Life = keyof typeof WAKE_S;

interface Level {
  name: string;
  /** A month's runs. */
  runs: number;
  /** Machine-hours a month, given how long a wake takes. */
  hours: (wakeS: number) => number;
  /** Machines that were made and are kept, where they are kept. */
  machines: number;
  /** How busy their processors are while they run. */
  load: number;
}

const LEVELS: Level[] = [
  {
    // 10 runs a day, each alone.
    name: "quiet blog",
    runs: 300,
    hours: (wakeS) => (300 * (wakeS + 5 + IDLE_S)) / 3600,
    machines: 1,
    load: 0.05,
  },
  {
    // The same, but for one day with 1,000 runs over 16 hours, on 2 machines.
    name: "popular post",
    runs: 1290,
    hours: (wakeS) => (290 * (wakeS + 5 + IDLE_S)) / 3600 + 2 * 16,
    machines: 2,
    load: 0.15,
  },
  {
    // 200 runs of 2 minutes on each of 22 days: 2 machines for 9 hours.
    name: "steady CI",
    runs: 4400,
    hours: () => 22 * 9 * 2,
    machines: 2,
    load: 0.5,
  },
];

interface Way {
  name: string;
  market: "onDemand" | "spot";
  life: Life;
}

const WAYS: Way[] = [
  { name: "on-demand, warm", market: "onDemand", life: "warm" },
  { name: "on-demand, ephemeral", market: "onDemand", life: "ephemeral" },
  { name: "spot, ephemeral", market: "spot", life: "ephemeral" },
];

function costOf(level: Level, way: Way, prices: Prices) {
  const hours = level.hours(WAKE_S[way.life]);
  // A stopped machine keeps its disk and gives its address back.
  const diskMonths = way.life === "warm" ? level.machines : hours / HOURS_A_MONTH;
  const above = Math.max(0, level.load - T3.baseline) * T3.processors;
  const gb = (level.runs * RESULT_KB) / 1e6;
  const out = Math.max(0, gb * READS_A_RUN - S3.outFreeGb);
  const parts = {
    machine: hours * prices[way.market] + hours * above * T3.surplus,
    address: hours * ADDRESS_HOUR,
    disk: diskMonths * DISK_GB * prices.disk,
    files: level.runs * (2 * S3.put + READS_A_RUN * S3.get) + gb * S3.gbMonth + out * S3.outGb,
  };
  const sum = Object.values(parts).reduce((total, part) => total + part, 0);
  return { hours, ...parts, sum };
}

/** A month in US dollars, as a Markdown table. */
export async function costTable(): Promise<string> {
  const rows = Object.entries(REGIONS).flatMap(([region, prices]) =>
    LEVELS.flatMap((level) =>
      WAYS.map((way) => {
        const { hours, sum, ...parts } = costOf(level, way, prices);
        const money = [...Object.values(parts), sum].map((value) => value.toFixed(2));
        return [region, level.name, way.name, hours.toFixed(0), ...money];
      }),
    ),
  );
  const head = ["Region", "Use", "Machines", "Hours", "Machine", "Address", "Disk", "S3", "Sum"];
  const rule = head.map((_, index) => (index < 3 ? "---" : "---:"));
  const table = [head, rule, ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
  return (await format("costs.md", table, { printWidth: 100 })).code.trim();
}

if (import.meta.main) process.stdout.write(`${await costTable()}\n`);
