import { readdir, readFile } from "node:fs/promises";

interface ProcessFacts {
  pid: number;
  parent: number;
  /** CPU time in clock ticks plus page faults: it grows while the process does anything. */
  activity: number;
}

/**
 * A counter of the activity of a process and its descendants. It changes while any of them does anything. Undefined if
 * there is no such process.
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
  // Iterative, since a deep tree would exhaust the stack.
  for (const { pid, activity } of queue) {
    sum += activity;
    queue.push(...(children.get(pid) ?? []));
  }
  return sum;
}

async function readFacts(pid: string): Promise<ProcessFacts | undefined> {
  try {
    const status = await readFile(`/proc/${pid}/stat`, "utf8");
    // The second field, the name, may contain blanks and brackets, so parsing begins after it, at the state.
    const fields = status.slice(status.lastIndexOf(")") + 2).split(" ");
    const sum = (...numbers: number[]) =>
      numbers.reduce((total, number) => total + Number(fields[number - 3]), 0);
    // Page faults, then CPU time: its own, and that of children that it waited for.
    return { pid: Number(pid), parent: Number(fields[1]), activity: sum(10, 12, 14, 15, 16, 17) };
  } catch {
    return undefined; // It has ended.
  }
}
