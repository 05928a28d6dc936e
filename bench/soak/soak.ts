import { startServing } from "../../test/systems/process.ts";
import type { Bench } from "../figure.ts";
import { countCpu } from "../warm/cpu.ts";
import { signSnippet, SNIPPETS, timeRun } from "../warm/snippets.ts";
import { readHeld, type Held } from "./left-behind.ts";

const RUNS = Number(process.env["SOAK_RUNS"] ?? 10_000);
const CLIENTS = 4;
const SAMPLES = 10;

/** How much more may be held after the last tenth of the runs than after the first. */
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

export const soak: Bench = {
  name: "soak",
  summary: `${RUNS} runs at ${CLIENTS} at once: nothing is held that grows (SOAK_RUNS sets how many).`,
  async run() {
    const served = await startServing({ DEFERRED_LOG: "error" });
    const cpu = countCpu(served);
    const names = Object.keys(MOST_MORE) as (keyof Held)[];
    const held: Held[] = [];
    const failures: string[] = [];
    try {
      const body = await signSnippet(served, SNIPPETS.python);
      process.stdout.write(`${["runs", ...names].join("\t")}\n`);
      for (let sample = 1; sample <= SAMPLES; sample++) {
        let left = RUNS / SAMPLES;
        const client = async () => {
          while (left-- > 0) {
            await timeRun(served.url, body).catch((error: unknown) => failures.push(String(error)));
          }
        };
        await Promise.all(Array.from({ length: CLIENTS }, client));
        await cpu.settle();
        const now = await readHeld(served);
        held.push(now);
        const cells = names.map((name) => now[name].toFixed(name.endsWith("Mb") ? 1 : 0));
        process.stdout.write(`${[(sample * RUNS) / SAMPLES, ...cells].join("\t")}\n`);
      }
      const first = held[0]!;
      const last = held.at(-1)!;
      const growth = names.map((name) => ({
        name: `${name}, growth over ${RUNS} runs`,
        measured: `${first[name].toFixed(1)} → ${last[name].toFixed(1)}`,
        beside: "",
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
