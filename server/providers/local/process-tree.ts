import { readdir, readFile } from "node:fs/promises";

interface ProcessFacts {
  pid: number;
  parent: number;
  /** CPU time in clock ticks plus page faults: it grows while the process does anything. */
  activity: number;
}

/**
 * The activity of a process and all below it so far, in no unit: it changes while any of them moves, however slowly.
 * Undefined where there is no such process.
 */
export async function measureActivity(pid: number): Promise<number | undefined> {
  const names = await readdir("/proc").catch(() => []);
  const all = await Promise.all(names.filter((name) => /^\d+$/.test(name)).map(readFacts));
  const found = all.filter((facts) => facts !== undefined);
  const children = Map.groupBy(found, ({ parent }) => parent);
  const root = await readFacts(String(pid));
  return root && sumActivity(root, children);
}

function sumActivity(root: ProcessFacts, children: Map<number, ProcessFacts[]>): number {
  let sum = 0;
  const queue = [root];
  // A loop over a growing list: deep trees would exhaust the stack.
  for (const { pid, activity } of queue) {
    sum += activity;
    queue.push(...(children.get(pid) ?? []));
  }
  return sum;
}

async function readFacts(pid: string): Promise<ProcessFacts | undefined> {
  try {
    const status = await readFile(`/proc/${pid}/stat`, "utf8");
    // The name in the second field may hold blanks and brackets. The fields here begin with the third, the state.
    const fields = status.slice(status.lastIndexOf(")") + 2).split(" ");
    const sum = (...numbers: number[]) =>
      numbers.reduce((total, number) => total + Number(fields[number - 3]), 0);
    // Page faults, then CPU time: its own, and that of children that it waited for.
    return { pid: Number(pid), parent: Number(fields[1]), activity: sum(10, 12, 14, 15, 16, 17) };
  } catch {
    return undefined; // It has ended.
  }
}
