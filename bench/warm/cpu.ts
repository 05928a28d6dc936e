import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Served } from "../../test/systems/process.ts";
import { makeCpuGroup } from "./cpu-group.ts";

const NS_PER_MS = 1e6;
const QUIET_MS = 100;
/** CPU milliseconds in `QUIET_MS` of a server with machines that have nothing to do. */
const IDLE_CPU_MS = 10;
const QUIET_TIMES = 3;

/** CPU milliseconds since the processes began. */
export interface CpuTimes {
  server: number;
  responder: number;
  /** All that the responder started: launchers, interpreters, what waits ahead, what has ended. */
  sandbox: number;
}

export const PARTS = ["server", "responder", "sandbox"] as const satisfies (keyof CpuTimes)[];

/** Counts the CPU time of a server that has just started, and of the machines that it will start. */
export function countCpu(served: Served) {
  const pid = served.process.pid!;
  const group = makeCpuGroup();
  writeFileSync(group.procs, String(pid));
  async function read(): Promise<CpuTimes> {
    const machines = await served.machines();
    const server = sumThreads(pid);
    const responder = machines.reduce((sum, machine) => sum + sumThreads(machine), 0);
    return { server, responder, sandbox: group.readMs() - server - responder };
  }
  return {
    read,
    /** Waits until the machines are idle: the refill of sandboxes is counted, and the other side is alone. */
    async settle(): Promise<void> {
      for (let before = group.readMs(), quiet = 0; quiet < QUIET_TIMES;) {
        await sleep(QUIET_MS);
        const now = group.readMs();
        quiet = now - before < IDLE_CPU_MS ? quiet + 1 : 0;
        before = now;
      }
    },
    remove: group.remove,
  };
}

export function subtractCpu(after: CpuTimes, before: CpuTimes): CpuTimes {
  return {
    server: after.server - before.server,
    responder: after.responder - before.responder,
    sandbox: after.sandbox - before.sandbox,
  };
}

/** CPU milliseconds of a process by the names of its threads, to the nanosecond; /proc/PID/stat counts steps of 10 ms. */
export function readThreads(pid: number): Record<string, number> {
  const folder = `/proc/${pid}/task`;
  const sums: Record<string, number> = {};
  for (const tid of readdirSync(folder)) {
    const [onCpu = "0"] = readFileSync(`${folder}/${tid}/schedstat`, "utf8").split(" ");
    const name =
      Number(tid) === pid ? "main" : readFileSync(`${folder}/${tid}/comm`, "utf8").trim();
    sums[name] = (sums[name] ?? 0) + Number(onCpu) / NS_PER_MS;
  }
  return sums;
}

function sumThreads(pid: number): number {
  return Object.values(readThreads(pid)).reduce((sum, ms) => sum + ms, 0);
}
