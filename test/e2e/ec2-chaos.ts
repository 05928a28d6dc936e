import type { RunEvent } from "../../protocol/events.ts";
import type { Result } from "../../protocol/run.ts";
import { randomFrom } from "../random-from.ts";
import { startEc2System, type Ec2System, type Ec2SystemOptions } from "../systems/ec2.ts";

export interface ChaosOptions {
  runs: number;
  /** Servers, each with an endpoint of its own, that share the runs. */
  servers: number;
  /** Of each fault, at each request, launch and boot. */
  share: number;
  seed: number;
}

/** What became of the runs. */
export interface ChaosFigures {
  /** Runs by state, and by reason where they have one. */
  ends: Record<string, number>;
  /** Runs of which a reader saw output or an end more than once, or less. */
  wronglyTold: string[];
  /** Instances that still cost something after everything ended and a sweep. */
  orphans: number;
  /** Milliseconds from pressing until the page can show that a machine wakes. */
  wakingMs: number[];
  /** Requests that met each fault. */
  faults: Record<string, number>;
  machines: number;
}

/** How machines are had, in turn. */
const KINDS: Record<string, string>[] = [
  { DEFERRED_EC2_MARKET: "spot" },
  { DEFERRED_EC2_LIFECYCLE: "ephemeral" },
  { DEFERRED_EC2_LIFECYCLE: "warm" },
];
const TIMES: Ec2SystemOptions["times"] = {
  pace: { firstMs: 10, maxMs: 200, limitMs: 2000 },
  // Who presses after a refusal asks anew, or few of the runs would meet anything at all.
  policy: { bootMs: 2500, coolDown: { firstMs: 1, maxMs: 1 } },
};
/** How long after the last run a machine may take to go. */
const GONE_WITHIN_MS = 90_000;

/** Presses again and again while everything fails at times; every machine is gone before the next press. */
export async function runUnderFaults(options: ChaosOptions): Promise<ChaosFigures> {
  const { servers } = options;
  const figures: ChaosFigures = {
    ends: {},
    wronglyTold: [],
    orphans: 0,
    wakingMs: [],
    faults: {},
    machines: 0,
  };
  const systems = await Promise.all(
    Array.from({ length: servers }, (_, index) =>
      startEc2System({
        env: { ...KINDS[index % KINDS.length], DEFERRED_IDLE_S: "1" },
        times: TIMES,
      }),
    ),
  );
  try {
    await Promise.all(
      systems.map((system, index) => {
        const runs = Math.floor((options.runs + index) / servers);
        return pressAgainAndAgain(system, { ...options, runs }, index, figures);
      }),
    );
  } finally {
    await Promise.all(systems.map((system) => system.close()));
  }
  return figures;
}

async function pressAgainAndAgain(
  system: Ec2System,
  { runs, share, seed }: ChaosOptions,
  index: number,
  figures: ChaosFigures,
): Promise<void> {
  system.ec2.faults.byChance({
    share,
    random: randomFrom(seed + index),
    launches: [{ name: "not_yet_known", ms: 300 }],
    boots: [
      { name: "slow_boot", ms: 1000 },
      { name: "boot_never" },
      { name: "spot_interruption", ms: 600, noticeMs: 300 },
    ],
  });
  for (let number = 0; number < runs; number++) {
    await pressOnce(system, `${index}-${number}`, figures);
    await within(GONE_WITHIN_MS, () => isAsleep(system));
  }
  // A server that starts sweeps.
  await system.stopServer();
  await system.startServer();
  await within(GONE_WITHIN_MS, () => isAsleep(system));
  figures.orphans += awake(system).length;
  figures.machines += system.ec2.store.instances.size;
  for (const { outcome } of system.ec2.calls) {
    if (outcome !== "answered") count(figures.faults, outcome);
  }
}

async function pressOnce(system: Ec2System, name: string, figures: ChaosFigures): Promise<void> {
  const body = await system.request(`echo ${name}; sleep 0.4\n`);
  const pressedAt = performance.now();
  const run = await system.press(body);
  const events: RunEvent[] = [];
  for await (const event of system.follow(run)) {
    if (event.type === "waking" && !events.some(({ type }) => type === "waking")) {
      figures.wakingMs.push(performance.now() - pressedAt);
    }
    events.push(event);
  }
  const result = await system.result(run);
  count(figures.ends, result.reason ? `${result.state}: ${result.reason.code}` : result.state);
  if (!isToldOnce(events, result, `${name}\n`)) {
    figures.wronglyTold.push(JSON.stringify({ events, result }));
  }
}

/** The last attempt's output once, one end, and a result that says the same. */
function isToldOnce(events: RunEvent[], result: Result, output: string): boolean {
  const begun = events.findLastIndex(({ type }) => type === "attempt_started");
  const shown = events
    .slice(begun + 1)
    .map((event) => (event.type === "output" ? event.text : ""))
    .join("");
  const ends = events.filter(({ type }) => type === "ended");
  const expected = result.state === "succeeded" ? output : result.stdout;
  return ends.length === 1 && shown === result.stdout && result.stdout === expected;
}

function awake({ ec2 }: Ec2System) {
  return ec2.existing().filter(({ state }) => state !== "stopped");
}

function isAsleep(system: Ec2System): boolean {
  return awake(system).length === 0;
}

/** Waits until `holds`, or until it is plain that it does not. */
async function within(ms: number, holds: () => boolean): Promise<void> {
  for (const end = performance.now() + ms; performance.now() < end && !holds();) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function count(counts: Record<string, number>, what: string): void {
  counts[what] = (counts[what] ?? 0) + 1;
}
