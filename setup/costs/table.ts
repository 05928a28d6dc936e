import { ADDRESS_HOUR, DISK_GB, HOURS_A_MONTH, REGIONS, type Prices } from "./prices.ts";
import { WAKE_TIMES } from "./wake-times.ts";

// The table of costs in docs/aws.md: machines on EC2 and results on S3.

const SNAPSHOT_GB_MONTH = 0.05;
/** CloudFront answers readers, and machines that load Node: its first terabyte and ten million requests a month are free. */
const S3 = { gbMonth: 0.023, put: 0.005 / 1000, get: 0.0004 / 1000 };
/** A virtual processor-hour that a t3 uses above its baseline of 20 % of each of two. */
const T3 = { surplus: 0.05, baseline: 0.2, processors: 2 };

/** Gigabytes of a baked image's snapshot: system, languages, responder. */
const BAKED_GB = 3;
const IDLE_S = 300;
const RUN_S = 5;
/** A result with its output, and one artifact. */
const RESULT_KB = 40;
const READS_A_RUN = 3;

/** Seconds from the order until the first run is claimed, and those of them in which both processors work. */
const WAKES = {
  start: { s: middleS("start"), busyS: 10 },
  baked: { s: middleS("baked"), busyS: 20 },
  blank: { s: middleS("blank"), busyS: 90 },
};

function middleS(kind: keyof typeof WAKE_TIMES): number {
  const { leastS, maxS } = WAKE_TIMES[kind];
  return (leastS + maxS) / 2;
}

interface Level {
  name: string;
  /** A month's runs. */
  runs: number;
  /** How often a month a machine is woken. */
  wakes: number;
  /** Machine-hours a month, given how long a wake takes. */
  hours: (wakeS: number) => number;
  /** Machines that were made and are kept, where they are kept. */
  machines: number;
  /** How busy their processors are while they run, beside waking. */
  load: number;
}

const LEVELS: Level[] = [
  {
    // 10 runs a day, each alone.
    name: "quiet blog",
    runs: 300,
    wakes: 300,
    hours: (wakeS) => (300 * (wakeS + RUN_S + IDLE_S)) / 3600,
    machines: 1,
    load: RUN_S / (RUN_S + IDLE_S),
  },
  {
    // The same, but for one day with 1,000 runs over 16 hours, on 2 machines.
    name: "popular post",
    runs: 1290,
    wakes: 292,
    hours: (wakeS) => (290 * (wakeS + RUN_S + IDLE_S)) / 3600 + 2 * 16,
    machines: 2,
    load: 0.15,
  },
  {
    // 200 runs of 2 minutes on each of 22 days: 2 machines for 9 hours.
    name: "steady CI",
    runs: 4400,
    wakes: 44,
    hours: () => 22 * 9 * 2,
    machines: 2,
    load: 0.5,
  },
];

interface Way {
  name: string;
  market: "onDemand" | "spot";
  wake: keyof typeof WAKES;
}

const WAYS: Way[] = [
  { name: "on-demand, warm", market: "onDemand", wake: "start" },
  { name: "on-demand, ephemeral, blank", market: "onDemand", wake: "blank" },
  { name: "on-demand, ephemeral, baked", market: "onDemand", wake: "baked" },
  { name: "spot, ephemeral, baked", market: "spot", wake: "baked" },
];

/** On spot a t3 is limited to its baseline, so that higher load needs another type. */
const isPossible = (level: Level, { market }: Way) =>
  market === "onDemand" || level.load <= T3.baseline;

function costOf(level: Level, way: Way, prices: Prices) {
  const { s: wakeS, busyS } = WAKES[way.wake];
  const hours = level.hours(wakeS);
  // A stopped machine keeps its disk and gives its address back.
  const diskMonths = way.wake === "start" ? level.machines : hours / HOURS_A_MONTH;
  const snapshot = way.wake === "baked" ? BAKED_GB * SNAPSHOT_GB_MONTH : 0;
  const gb = (level.runs * RESULT_KB) / 1e6;
  const parts = {
    machine: hours * prices[way.market] + surplusOf(level, way, { hours, busyS }),
    address: hours * ADDRESS_HOUR,
    disk: diskMonths * DISK_GB * prices.disk + snapshot,
    files: level.runs * (2 * S3.put + READS_A_RUN * S3.get) + gb * S3.gbMonth,
  };
  const sum = Object.values(parts).reduce((total, part) => total + part, 0);
  return { hours, ...parts, sum };
}

/** A launched t3 begins without credits. On demand it uses surplus credits and is charged for those it never earns. */
function surplusOf(
  { load, wakes }: Level,
  { market }: Way,
  { hours, busyS }: { hours: number; busyS: number },
): number {
  if (market === "spot") return 0;
  const used = hours * load + (wakes * busyS) / 3600;
  return Math.max(0, used - hours * T3.baseline) * T3.processors * T3.surplus;
}

/** A month in US dollars, as a Markdown table. */
export function costTable(): string {
  const rows = Object.entries(REGIONS).flatMap(([region, prices]) =>
    LEVELS.flatMap((level) =>
      WAYS.filter((way) => isPossible(level, way)).map((way) => {
        const { hours, sum, ...parts } = costOf(level, way, prices);
        const money = [...Object.values(parts), sum].map((value) => value.toFixed(2));
        return [region, level.name, way.name, hours.toFixed(0), ...money];
      }),
    ),
  );
  const head = "Region,Use,Machines,Hours,Machine,Address,Disk,S3,Sum".split(",");
  const rule = head.map((_, index) => (index < 3 ? "---" : "---:"));
  return [head, rule, ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
