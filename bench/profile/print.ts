import type { Attributed } from "./attribute.ts";
import type { Recording, Tally } from "./inside.ts";
import type { SandboxStep } from "./sandbox-steps.ts";

const FUNCTIONS = 25;
const STATEMENTS = 40;
const SQL_CHARACTERS = 150;
/** Parts below are noise of the sampling. */
const LEAST_MS = 0.01;

function print(...cells: [ms: number, name: string, ratio?: string]): void {
  const [ms, name, ratio = ""] = cells;
  process.stdout.write(`  ${ms.toFixed(2).padStart(7)} ms ${ratio.padStart(6)}  ${name}\n`);
}

const title = (text: string) => process.stdout.write(`\n${text}\n`);
const ratio = (ms: number, bareMs: number) => `${(ms / bareMs).toFixed(2)}×`;

export function printThreads(side: string, threads: Record<string, number>, bareMs: number): void {
  title(
    `${side}: CPU of a run by thread, and as a ratio to bare python3 (${bareMs.toFixed(2)} ms)`,
  );
  for (const [name, ms] of largestFirst(Object.entries(threads), ([, ms]) => ms)) {
    if (ms >= LEAST_MS) print(ms, name, ratio(ms, bareMs));
  }
}

/** Samples count wall time, so the parts share out the CPU of the main thread. */
export function printRecording(
  recording: Recording,
  { parts, functions, busyMs }: Attributed,
  { runs, cpuMs, bareMs }: { runs: number; cpuMs: number; bareMs: number },
): void {
  const share = cpuMs / busyMs;
  title("  of the main thread, by part:");
  for (const [name, ms] of largestFirst([...parts], ([, ms]) => ms)) {
    if (ms * share >= LEAST_MS) print(ms * share, name, ratio(ms * share, bareMs));
  }
  title("  of the main thread, by function:");
  for (const [name, ms] of largestFirst([...functions], ([, ms]) => ms).slice(0, FUNCTIONS)) {
    print(ms * share, name);
  }
  printTally("requests received", recording.requests, runs);
  printTally("flushes", recording.flushes, runs);
  printTally("processes started, time in spawn()", recording.spawns, runs);
  printTally("statements, time in SQLite", recording.statements, runs);
}

function printTally(name: string, tally: Tally, runs: number): void {
  const entries = largestFirst(Object.entries(tally), ([, { ms, times }]) => ms || times);
  if (entries.length === 0) return;
  title(`  ${name}, of one run:`);
  for (const [what, { times, ms }] of entries.slice(0, STATEMENTS)) {
    const text = what.replaceAll(/\s+/g, " ").slice(0, SQL_CHARACTERS);
    print(ms / runs, text, (times / runs).toFixed(2));
  }
}

export function printSteps(name: string, steps: readonly SandboxStep[], bareMs: number): void {
  title(name);
  for (const { name, cpuMs } of steps) print(cpuMs, name, ratio(cpuMs, bareMs));
}

function largestFirst<Entry>(entries: Entry[], of: (entry: Entry) => number): Entry[] {
  return entries.toSorted((a, b) => of(b) - of(a));
}
