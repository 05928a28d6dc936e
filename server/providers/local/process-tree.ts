import { readdir, readFile } from "node:fs/promises";

/** What Linux says of one process. */
interface ProcessFacts {
  pid: number;
  parent: number;
  /** Clock ticks it computed, and pages it was given: both grow while it does anything. */
  effort: number;
}

/**
 * How much a process and all below it have done so far, in no unit: another number than before means that they moved,
 * however slowly. Undefined where there is no such process.
 */
export async function effortOf(pid: number): Promise<number | undefined> {
  const names = await readdir("/proc").catch(() => []);
  const all = await Promise.all(names.filter((name) => /^\d+$/.test(name)).map(factsOf));
  const children = Map.groupBy(
    all.flatMap((facts) => facts ?? []),
    ({ parent }) => parent,
  );
  const root = await factsOf(String(pid));
  if (!root) return undefined;
  let effort = 0;
  for (const queue = [root]; queue.length > 0;) {
    const next = queue.pop()!;
    effort += next.effort;
    queue.push(...(children.get(next.pid) ?? []));
  }
  return effort;
}

async function factsOf(pid: string): Promise<ProcessFacts | undefined> {
  try {
    const status = await readFile(`/proc/${pid}/stat`, "utf8");
    // The name before it may hold blanks and brackets. Counted from the third field, which is the state.
    const fields = status.slice(status.lastIndexOf(")") + 2).split(" ");
    const sum = (...numbers: number[]) =>
      numbers.reduce((total, number) => total + Number(fields[number - 3]), 0);
    // Page faults, then processor time: its own, and that of children that it waited for.
    return { pid: Number(pid), parent: Number(fields[1]), effort: sum(10, 12, 14, 15, 16, 17) };
  } catch {
    return undefined; // It has ended.
  }
}
