import { randomFrom } from "../../test/random-from.ts";
import type { FleetPolicy } from "../../server/providers/policy.ts";
import { ADDRESS_HOUR, DISK_GB, HOURS_A_MONTH, REGIONS } from "../../setup/costs/prices.ts";
import { percentile, type Bench } from "../figure.ts";
import { WAKE_TIMES } from "../../setup/costs/wake-times.ts";
import { liveThrough, type DaysOutcome, type Provider } from "./day.ts";
import { days, type Asked } from "./traffic.ts";

const SEED = 20_260_101;
const DAYS = 20;
const DAY_MS = 24 * 3_600_000;

const { onDemand, spot, disk } = REGIONS["eu-west-1"];
/** A t3.small with its address, on demand and on spot, and its disk. */
const PRICES = {
  hour: onDemand + ADDRESS_HOUR,
  spotHour: spot + ADDRESS_HOUR,
  diskHour: (DISK_GB * disk) / HOURS_A_MONTH,
};

const { start, blank, baked } = WAKE_TIMES;
const never = Infinity;
const PROVIDERS: Record<string, Provider> = {
  "warm, blank": { restarts: true, launch: blank, start, takenBackMs: never },
  "warm, baked": { restarts: true, launch: baked, start, takenBackMs: never },
  "ephemeral, blank": { restarts: false, launch: blank, start, takenBackMs: never },
  "ephemeral, baked": { restarts: false, launch: baked, start, takenBackMs: never },
  // Far more interruptions than AWS reports for most types, so that their effect shows.
  "spot, baked": { restarts: false, launch: baked, start, takenBackMs: 10 * 3_600_000 },
};

type Choice = Pick<FleetPolicy, "idleMs" | "maxMachines" | "spare">;
const DEFAULT: Choice = { idleMs: 300_000, maxMachines: 2, spare: 0 };
/** The default, and variants that change one thing. */
const CHOICES: readonly Choice[] = [
  DEFAULT,
  { ...DEFAULT, idleMs: 60_000 },
  { ...DEFAULT, idleMs: 900_000 },
  { ...DEFAULT, maxMachines: 1 },
  { ...DEFAULT, maxMachines: 4 },
  { ...DEFAULT, spare: 1 },
  { ...DEFAULT, maxMachines: 4, spare: 1 },
];

function policyOf(choice: Choice): FleetPolicy {
  return {
    ...choice,
    maxInAll: Infinity,
    bootMs: 300_000,
    bootMostMs: 1_200_000,
    silentMs: 60_000,
    expectedSlots: 4,
    keptMs: 7 * DAY_MS,
    coolDown: { firstMs: 60_000, maxMs: 900_000 },
    budget: undefined,
    hints: false,
  };
}

interface Row extends Choice {
  traffic: string;
  lifecycle: string;
  p50S: number;
  p99S: number;
  longestS: number;
  /** For a day. */
  hours: number;
  wakes: number;
  /** For 30 days. */
  dollars: number;
}

interface Lived {
  name: string;
  says: string;
  days: number;
  asked: readonly Asked[];
}

/** The same days for every policy, so that only the policy makes rows differ. */
function traffics(): Lived[] {
  const random = randomFrom(SEED);
  const kinds = Array.from({ length: DAYS }, () => days(random));
  const all = kinds[0]!.map(({ name, says }) => ({
    name,
    says,
    days: DAYS,
    asked: kinds.flatMap((kind, day) =>
      kind
        .find((one) => one.name === name)!
        .asked.map((run) => ({ ...run, atMs: run.atMs + day * DAY_MS })),
    ),
  }));
  const { asked } = kinds[0]!.find(({ name }) => name === "front page")!;
  const says = "the same, as the first day there is";
  return [...all, { name: "first front page", says, days: 1, asked }];
}

function rowsOf({ name, days, asked }: Lived): Row[] {
  return Object.entries(PROVIDERS).flatMap(([lifecycle, provider]) =>
    CHOICES.filter(({ spare }) => spare === 0 || provider.restarts).map((choice) => {
      const random = randomFrom(SEED);
      const lived = liveThrough(asked, days, policyOf(choice), provider, random);
      return { traffic: name, lifecycle, ...choice, ...figuresOf(lived, days, lifecycle) };
    }),
  );
}

function figuresOf(lived: DaysOutcome, days: number, lifecycle: string) {
  const { waitsMs, machineHours, diskHours, launches, starts } = lived;
  const hour = lifecycle.startsWith("spot") ? PRICES.spotHour : PRICES.hour;
  return {
    p50S: percentile(waitsMs, 0.5) / 1000,
    p99S: percentile(waitsMs, 0.99) / 1000,
    longestS: percentile(waitsMs, 1) / 1000,
    hours: machineHours / days,
    wakes: (launches + starts) / days,
    dollars: ((machineHours * hour + diskHours * PRICES.diskHour) / days) * 30,
  };
}

function table(all: readonly Row[], { name, says }: Lived): string {
  const lines = all.map((row) => {
    const { lifecycle, idleMs, maxMachines, spare, p50S, p99S, longestS, hours, wakes, dollars } =
      row;
    const waits = [p50S, p99S, longestS].map((seconds) => seconds.toFixed(1));
    const used = [hours.toFixed(2), wakes.toFixed(1), dollars.toFixed(2)];
    return `| ${[lifecycle, idleMs / 1000, maxMachines, spare, ...waits, ...used].join(" | ")} |`;
  });
  return [
    `\n${name}: ${says}\n`,
    "| lifecycle, image | idle s | machines | spare | wait p50 s | wait p99 s | longest s | machine-hours a day | wakes a day | $ a month |",
    "| --- | --: | --: | --: | --: | --: | --: | --: | --: | --: |",
    ...lines,
    "",
  ].join("\n");
}

export const fleetDay: Bench = {
  name: "fleet-day",
  summary: "Simulated days of traffic with the fleet's own plan: waits, machine-hours and money.",
  async run() {
    const figures = traffics().flatMap((traffic) => {
      const rows = rowsOf(traffic);
      process.stdout.write(table(rows, traffic));
      return rows.filter(
        ({ lifecycle, idleMs, maxMachines, spare }) =>
          lifecycle === "warm, blank" &&
          idleMs === DEFAULT.idleMs &&
          maxMachines === DEFAULT.maxMachines &&
          spare === DEFAULT.spare,
      );
    });
    process.stdout.write("\n");
    return figures.map(({ traffic, p50S, p99S, dollars }) => ({
      name: `${traffic}, default policy`,
      measured: `${p50S.toFixed(1)} s / ${p99S.toFixed(1)} s wait`,
      beside: `${dollars.toFixed(2)} $ a month`,
      value: p99S,
      bound: 60,
      unit: " s",
    }));
  },
};
