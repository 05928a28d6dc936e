import { readFileSync } from "node:fs";

/** USER_HZ: Linux fixes it at 100 for /proc. */
const TICKS_PER_S = 100;
const PAGE_BYTES = 4096;

/** Process ids of the children of `pid`. */
export function listChildren(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8")
      .split(" ")
      .filter(Boolean)
      .map(Number);
  } catch {
    return [];
  }
}

/**
 * Usage of a process and its descendants, for hosts without control groups. A reaped child's time moves to its parent,
 * so the sum over living processes counts everything once.
 */
export function readUsage(pid: number): { cpuS: number; memoryBytes: number } {
  let ticks = 0;
  let pages = 0;
  const left = [pid];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    try {
      const fields = readStatFields(next);
      for (const index of [11, 12, 13, 14]) ticks += Number(fields[index]);
      pages += Number(fields[21]);
    } catch {
      continue;
    }
    left.push(...listChildren(next));
  }
  return { cpuS: ticks / TICKS_PER_S, memoryBytes: pages * PAGE_BYTES };
}

/** When `pid` began, in ticks since boot: with the pid it names one process; undefined once it is gone. */
export function readStartTime(pid: number): string | undefined {
  return readStat(pid)?.started;
}

/** Whether a process is running: a zombie is not. */
export function isProcessAlive(pid: number, started: string): boolean {
  const stat = readStat(pid);
  return stat?.started === started && stat.state !== "Z" && stat.state !== "X";
}

function readStat(pid: number): { state: string; started: string } | undefined {
  try {
    const fields = readStatFields(pid);
    return { state: fields[0]!, started: fields[19]! };
  } catch {
    return undefined;
  }
}

/** The fields of proc(5)'s `stat` after the name, which is in brackets and may hold brackets. */
function readStatFields(pid: number): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}
