import { readdirSync, readFileSync } from "node:fs";

/**
 * Calls and bytes that the processes of a group have read and written. A change means progress even without output, as
 * while git writes a work tree. Without ssh, whose keepalives go on when it is stuck.
 */
export function countIo(group: number): number {
  let sum = 0;
  for (const pid of readdirSync("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      // The name is in brackets and may hold anything, brackets too.
      const end = stat.lastIndexOf(")");
      const [, , groupOf] = stat.slice(end + 2).split(" ");
      if (Number(groupOf) !== group || stat.slice(stat.indexOf("(") + 1, end) === "ssh") continue;
      const io = readFileSync(`/proc/${pid}/io`, "utf8");
      for (const [, value] of io.matchAll(/^(?:rchar|wchar|syscr|syscw): (\d+)$/gm)) {
        sum += Number(value);
      }
    } catch {
      continue; // It has ended, or is another user's that may not be looked at.
    }
  }
  return sum;
}
