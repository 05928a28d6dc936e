import { readdirSync, readFileSync } from "node:fs";

/**
 * What the processes of a group have read and written so far, in calls and bytes: while it changes they are at work
 * though they say nothing, as git is while it writes a work tree, and git-lfs while it copies one large file.
 * Without ssh, which answers its server's keepalives however long that is stuck.
 */
export function ioOf(group: number, proc = "/proc"): number {
  let sum = 0;
  for (const pid of readdirSync(proc)) {
    if (!/^\d+$/.test(pid)) continue;
    try {
      const stat = readFileSync(`${proc}/${pid}/stat`, "utf8");
      // The name is in brackets and may hold anything, brackets too.
      const end = stat.lastIndexOf(")");
      const [, , groupOf] = stat.slice(end + 2).split(" ");
      if (Number(groupOf) !== group || stat.slice(stat.indexOf("(") + 1, end) === "ssh") continue;
      const io = readFileSync(`${proc}/${pid}/io`, "utf8");
      for (const [, value] of io.matchAll(/^(?:rchar|wchar|syscr|syscw): (\d+)$/gm)) {
        sum += Number(value);
      }
    } catch {
      continue; // It has ended, or is another user's that may not be looked at.
    }
  }
  return sum;
}
