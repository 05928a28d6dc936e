import { startServing } from "../../test/systems/process.ts";
import type { Bench } from "../figure.ts";
import { countCpu } from "../warm/cpu.ts";
import { signSnippet, SNIPPETS, timeRun } from "../warm/snippets.ts";
import { readHeld, type Held } from "./left-behind.ts";

const RUNS = Number(process.env["SOAK_RUNS"] ?? 10_000);
const CLIENTS = 4;
/** Runs between two lines of the curve. */
const EVERY = Math.min(500, RUNS / 10);

/** How much more may be held after all the runs than after the first tenth of them. */
const MOST_MORE: Record<keyof Held, number> = {
  serverMb: 30,
  respondersMb: 20,
  serverDescriptors: 5,
  responderDescriptors: 5,
  processes: 4,
  groups: 8,
  folders: 2,
  databaseMb: Infinity,
};

interface Sample extends Held {
  /** Runs so far. */
  runs: number;
}

/** Growth for each 1000 runs: the line that fits the samples best. */
function slopeOf(samples: readonly Sample[], name: keyof Held): number {
  const mean = (of: (sample: Sample) => number) =>
    samples.reduce((sum, one) => sum + of(one), 0) / samples.length;
  const runs = mean((one) => one.runs);
  const height = mean((one) => one[name]);
  const covariance = mean((one) => (one.runs - runs) * (one[name] - height));
  const variance = mean((one) => (one.runs - runs) ** 2);
  return variance === 0 ? 0 : (1000 * covariance) / variance;
}

export const soak: Bench = {
  name: "soak",
  summary: `${RUNS} runs at ${CLIENTS} at once: nothing is held that grows (SOAK_RUNS sets how many).`,
  async run() {
    const served = await startServing({ DEFERRED_LOG: "error" });
    const cpu = countCpu(served);
    const names = Object.keys(MOST_MORE) as (keyof Held)[];
    const held: Sample[] = [];
    const failures: string[] = [];
    try {
      const body = await signSnippet(served, SNIPPETS.python);
      process.stdout.write(`${["runs", ...names].join("\t")}\n`);
      for (let done = EVERY; done <= RUNS; done += EVERY) {
        let left = EVERY;
        const client = async () => {
          while (left-- > 0) {
            await timeRun(served.url, body).catch((error: unknown) => failures.push(String(error)));
          }
        };
        await Promise.all(Array.from({ length: CLIENTS }, client));
        await cpu.settle();
        const now = await readHeld(served);
        held.push({ runs: done, ...now });
        const cells = names.map((name) => now[name].toFixed(name.endsWith("Mb") ? 1 : 0));
        process.stdout.write(`${[done, ...cells].join("\t")}\n`);
      }
      const first = held.find(({ runs }) => runs >= RUNS / 10)!;
      const last = held.at(-1)!;
      const secondHalf = held.filter(({ runs }) => runs > RUNS / 2);
      const growth = names.map((name) => ({
        name: `${name}, growth over ${RUNS} runs`,
        measured: `${first[name].toFixed(1)} → ${last[name].toFixed(1)}`,
        beside: `${slopeOf(secondHalf, name).toFixed(2)} for 1000 runs in the second half`,
        value: last[name] - first[name],
        bound: MOST_MORE[name],
        unit: "",
      }));
      const wrong = { measured: "", beside: failures[0] ?? "", value: failures.length };
      return [
        { name: "runs that failed or were retried", ...wrong, bound: 0, unit: "" },
        ...growth,
      ];
    } finally {
      await served.clear();
      cpu.remove();
    }
  },
};
