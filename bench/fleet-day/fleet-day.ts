import { randomFrom } from "../../test/random-from.ts";
import type { FleetPolicy } from "../../server/fleet/plan.ts";
import { percentile, type Bench } from "../figure.ts";
import { liveThrough, type DayOutcome, type Provider } from "./day.ts";
import { days, type Traffic } from "./traffic.ts";

const SEED = 20_260_101;
/** Each policy lives through so many days of each kind; figures are over all of them. */
const DAYS = 20;

const PROVIDERS: Record<string, Provider> = {
  warm: { restarts: true, coldMs: 45_000, warmMs: 20_000, spread: 0.2, takenBackMs: Infinity },
  ephemeral: { restarts: false, coldMs: 45_000, warmMs: 0, spread: 0.2, takenBackMs: Infinity },
  // Far more often than AWS says of most types, so that it shows.
  spot: { restarts: false, coldMs: 45_000, warmMs: 0, spread: 0.2, takenBackMs: 10 * 3_600_000 },
};
const IDLE_S = [60, 300, 900];
const MACHINES = [1, 2, 4];

function policyOf(idleS: number, maxMachines: number): FleetPolicy {
  return {
    idleMs: idleS * 1000,
    maxMachines,
    maxInAll: Infinity,
    bootMs: 300_000,
    bootMostMs: 1_200_000,
    silentMs: 60_000,
    expectedSlots: 4,
    keptMs: 7 * 24 * 3_600_000,
    coolDown: { firstMs: 60_000, mostMs: 900_000 },
    budget: undefined,
    hints: false,
  };
}

interface Row {
  traffic: string;
  lifecycle: string;
  idleS: number;
  maxMachines: number;
  p50S: number;
  p99S: number;
  longestS: number;
  /** A day's. */
  hours: number;
  wakes: number;
}

/** The same days for every policy, so that rows differ by the policy alone. */
function rows(): Row[] {
  const random = randomFrom(SEED);
  const kinds = Array.from({ length: DAYS }, () => days(random));
  return kinds[0]!.flatMap(({ name }) =>
    Object.entries(PROVIDERS).flatMap(([lifecycle, provider]) =>
      IDLE_S.flatMap((idleS) =>
        MACHINES.map((maxMachines) => {
          const policy = policyOf(idleS, maxMachines);
          const lived = kinds.map((kind, day) => {
            const traffic = kind.find((one) => one.name === name)!;
            return liveThrough(traffic.asked, policy, provider, randomFrom(SEED + day));
          });
          return { traffic: name, lifecycle, idleS, maxMachines, ...figuresOf(lived) };
        }),
      ),
    ),
  );
}

function figuresOf(lived: readonly DayOutcome[]) {
  const waits = lived.flatMap(({ waitsMs }) => waitsMs);
  const mean = (of: (day: DayOutcome) => number) =>
    lived.reduce((sum, day) => sum + of(day), 0) / lived.length;
  return {
    p50S: percentile(waits, 0.5) / 1000,
    p99S: percentile(waits, 0.99) / 1000,
    longestS: percentile(waits, 1) / 1000,
    hours: mean(({ machineHours }) => machineHours),
    wakes: mean(({ launches, starts }) => launches + starts),
  };
}

function table(all: readonly Row[], traffic: Traffic): string {
  const lines = all
    .filter((row) => row.traffic === traffic.name)
    .map((row) => {
      const { lifecycle, idleS, maxMachines, p50S, p99S, longestS, hours, wakes } = row;
      const waits = [p50S, p99S, longestS].map((seconds) => seconds.toFixed(1));
      const cells = [lifecycle, idleS, maxMachines, ...waits, hours.toFixed(2), wakes.toFixed(1)];
      return `| ${cells.join(" | ")} |`;
    });
  return [
    `\n${traffic.name}: ${traffic.says}\n`,
    "| lifecycle | idle s | machines | wait p50 s | wait p99 s | longest s | machine-hours a day | wakes a day |",
    "| --- | --: | --: | --: | --: | --: | --: | --: |",
    ...lines,
    "",
  ].join("\n");
}

export const fleetDay: Bench = {
  name: "fleet-day",
  summary:
    "Days of traffic through the fleet's plan with a clock of their own: waits and machine-hours.",
  async run() {
    const all = rows();
    for (const traffic of days(randomFrom(SEED))) process.stdout.write(table(all, traffic));
    process.stdout.write("\n");
    const ofDefaults = all.filter(
      (row) => row.lifecycle === "warm" && row.idleS === 300 && row.maxMachines === 2,
    );
    return ofDefaults.map(({ traffic, p50S, p99S, hours }) => ({
      name: `${traffic}, default policy`,
      measured: `${p50S.toFixed(1)} s / ${p99S.toFixed(1)} s wait`,
      beside: `${hours.toFixed(2)} machine-hours a day`,
      value: p99S,
      bound: 60,
      unit: " s",
    }));
  },
};
