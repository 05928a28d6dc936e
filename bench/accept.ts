import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { paths } from "../protocol/paths.ts";
import { dataFolder } from "../server/settings/data-folder.ts";
import { startTarget } from "../test/security/fuzz/target.ts";
import { startServing } from "../test/systems/process.ts";
import { percentile, spread, type Bench } from "./figure.ts";
import { fillDatabase } from "./pages/fill.ts";
import { send } from "./peers/load.ts";

const RUNS = 10_000;
const WARM_UP = 2000;
/** Different signed tokens, as the blocks of a busy server are. */
const BLOCKS = 100;
const CLIENTS = 32;
const LEAST_A_SECOND = 2000;
const IDLE_MS = 5000;
const MOST_IDLE_MB = 120;
const NO_LIMITS = { DEFERRED_MAX_WAITING: "0", DEFERRED_MAX_WAITING_PROJECT: "0" };

export const accept: Bench = {
  name: "accept",
  summary: `${RUNS} signed runs accepted while no responder takes any, and the memory of an idle server with as many.`,
  async run() {
    const { times, seconds, cpuMs, waitingMb } = await acceptRuns();
    const idleMb = await measureIdle();
    return [
      {
        name: "signed runs accepted a second",
        measured: `${spread(times)} each`,
        beside: `${CLIENTS} clients; ${cpuMs.toFixed(2)} ms of CPU each: ${(1000 / cpuMs).toFixed(0)}/s on a whole core`,
        value: RUNS / seconds,
        bound: LEAST_A_SECOND,
        atLeast: true,
        unit: "/s",
      },
      {
        name: `idle server, ${RUNS} ended runs`,
        measured: "resident",
        beside: `${waitingMb.toFixed(0)} MB with ${RUNS} waiting runs, just after it accepted them`,
        value: idleMb,
        bound: MOST_IDLE_MB,
        unit: " MB",
      },
    ];
  },
};

/** The server's machine is a process that claims nothing. */
async function acceptRuns() {
  const target = await startTarget(NO_LIMITS);
  try {
    const url = target.url + paths.runs;
    const headers = { "content-type": "application/json" };
    const bodies = await Promise.all(
      Array.from({ length: BLOCKS }, async (_, index) => {
        const block = await target.sign({ cache_s: undefined, jti: `accept-${index}` });
        return JSON.stringify({ block, code: target.code });
      }),
    );
    const post = async (count: number) => {
      const times: number[] = [];
      let sent = 0;
      const client = async () => {
        while (sent < count) {
          const began = performance.now();
          await send({ url, headers, body: bodies[sent++ % BLOCKS]! });
          times.push(performance.now() - began);
        }
      };
      await Promise.all(Array.from({ length: CLIENTS }, client));
      return times;
    };
    await post(WARM_UP);
    const cpuBefore = await target.cpuMs();
    const began = performance.now();
    const times = await post(RUNS);
    const seconds = (performance.now() - began) / 1000;
    const cpuMs = ((await target.cpuMs()) - cpuBefore) / RUNS;
    return { times, seconds, cpuMs, waitingMb: residentMb(target.pid) };
  } finally {
    await target.close();
  }
}

/** Resident megabytes of a server that has answered some calls and has nothing to do. */
async function measureIdle(): Promise<number> {
  const data = await mkdtemp(join(tmpdir(), "deferred-bench-idle-"));
  try {
    const file = dataFolder(data).database;
    const { slug } = await fillDatabase(file, { runs: RUNS, projects: 5, now: Date.now() });
    const served = await startServing({ DEFERRED_DATA: data, DEFERRED_LOG: "error" });
    try {
      for (const path of ["/", `/${slug}`, "/v1/runtimes"])
        await (await fetch(served.url + path)).text();
      const measured: number[] = [];
      for (let times = 0; times < 5; times++) {
        await sleep(IDLE_MS / 5);
        measured.push(residentMb(served.process.pid!));
      }
      return percentile(measured, 0.5);
    } finally {
      await served.clear();
    }
  } finally {
    await rm(data, { recursive: true });
  }
}

/** Resident memory of a process, in megabytes. */
export function residentMb(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return (Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024) / 1e6;
}
