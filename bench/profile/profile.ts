import { startServing } from "../../test/systems/process.ts";
import { percentile, type Bench } from "../figure.ts";
import { startBare } from "../warm/bare.ts";
import { countCpu, PARTS, subtractCpu, type CpuTimes } from "../warm/cpu.ts";
import { signSnippet, SNIPPETS, timeRun } from "../warm/snippets.ts";

/** The sides take turns, so that a host that slows down affects both. */
const BLOCKS = 5;
const BLOCK = 20;

export const profile: Bench = {
  name: "profile",
  summary: `CPU of ${BLOCKS * BLOCK} warm python runs: server, responder, sandbox, each beside bare python3.`,
  async run() {
    const served = await startServing({ DEFERRED_LOG: "error" });
    const cpu = countCpu(served);
    try {
      const body = await signSnippet(served, SNIPPETS.python);
      const times: number[] = [];
      const used: CpuTimes = { server: 0, responder: 0, sandbox: 0 };
      const bare = { times: [] as number[], cpuMs: 0 };
      for (let block = -1; block < BLOCKS; block++) {
        await cpu.settle();
        const before = await cpu.read();
        const some: number[] = [];
        while (some.length < BLOCK) some.push(await timeRun(served.url, body));
        await cpu.settle();
        const each = subtractCpu(await cpu.read(), before);
        const alone = await startBare(SNIPPETS.python.bare, BLOCK);
        if (block < 0) continue; // The first block warms both sides up.
        times.push(...some);
        for (const part of PARTS) used[part] += each[part] / (BLOCKS * BLOCK);
        bare.times.push(...alone.times);
        bare.cpuMs += alone.cpuMs / BLOCKS;
      }
      const at = (share: number) => percentile(times, share);
      return [
        ...PARTS.map((part) => ({
          name: `CPU of a run: ${part}`,
          measured: `${used[part].toFixed(2)} ms`,
          beside: `bare python3 ${bare.cpuMs.toFixed(2)} ms`,
          value: used[part] / bare.cpuMs,
          bound: Infinity,
          unit: "×",
        })),
        {
          name: "request to end, p50",
          measured: [0.5, 0.95, 0.99].map((share) => at(share).toFixed(1)).join("/") + " ms",
          beside: `bare python3 ${percentile(bare.times, 0.5).toFixed(1)} ms; measured p50/p95/p99`,
          value: at(0.5) / percentile(bare.times, 0.5),
          bound: Infinity,
          unit: "×",
        },
        {
          name: "request to end, p99 to p50",
          measured: "",
          beside: "",
          value: at(0.99) / at(0.5),
          bound: Infinity,
          unit: "×",
        },
      ];
    } finally {
      await served.clear();
      cpu.remove();
    }
  },
};
