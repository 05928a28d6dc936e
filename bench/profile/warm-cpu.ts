import { startServing } from "../../test/systems/process.ts";
import { startBare } from "../warm/bare.ts";
import { countCpu, PARTS, readThreads, subtractCpu, type CpuTimes } from "../warm/cpu.ts";
import { signSnippet, timeRun, type Snippet } from "../warm/snippets.ts";

export interface WarmCpu {
  /** CPU milliseconds of one run, the refill of sandboxes included. */
  used: CpuTimes;
  /** CPU milliseconds of one run by threads. */
  threads: { server: Record<string, number>; responder: Record<string, number> };
  /** Wall milliseconds of each run, from the request until it has ended. */
  times: number[];
  bare: { times: number[]; cpuMs: number };
}

/** Measures warm runs one after another, and bare starts, each side alone, in blocks that take turns. */
export async function measureWarmCpu(
  snippet: Snippet,
  { blocks, block, warmUp }: { blocks: number; block: number; warmUp: number },
): Promise<WarmCpu> {
  const served = await startServing({ DEFERRED_LOG: "error" });
  const cpu = countCpu(served);
  const used: CpuTimes = { server: 0, responder: 0, sandbox: 0 };
  const threads = { server: {}, responder: {} };
  const times: number[] = [];
  const bare = { times: [] as number[], cpuMs: 0 };
  try {
    const body = await signSnippet(served, snippet);
    const run = async (count: number) => {
      const some: number[] = [];
      while (some.length < count) some.push(await timeRun(served.url, body));
      await cpu.settle();
      return some;
    };
    await run(warmUp);
    await startBare(snippet.bare, 2);
    const [machine] = await served.machines();
    const pids = { server: served.process.pid!, responder: machine! };
    for (let index = 0; index < blocks; index++) {
      const before = await cpu.read();
      const threadsBefore = {
        server: readThreads(pids.server),
        responder: readThreads(pids.responder),
      };
      times.push(...(await run(block)));
      const each = subtractCpu(await cpu.read(), before);
      for (const part of PARTS) used[part] += each[part] / (blocks * block);
      for (const side of ["server", "responder"] as const) {
        addDifference(threads[side], readThreads(pids[side]), threadsBefore[side], blocks * block);
      }
      const alone = await startBare(snippet.bare, block);
      bare.times.push(...alone.times);
      bare.cpuMs += alone.cpuMs / blocks;
    }
    return { used, threads, times, bare };
  } finally {
    await served.clear();
    cpu.remove();
  }
}

function addDifference(
  sums: Record<string, number>,
  after: Record<string, number>,
  before: Record<string, number>,
  runs: number,
): void {
  for (const [name, ms] of Object.entries(after)) {
    sums[name] = (sums[name] ?? 0) + (ms - (before[name] ?? 0)) / runs;
  }
}
