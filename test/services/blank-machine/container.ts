import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { forget, groupsOf, killIn, removeGroups } from "./groups.ts";
import { clearStale } from "./leftovers.ts";

/** A container of systemd-nspawn in control groups of its own: those of two would have the same names. */
export function newContainer(root: string) {
  clearStale();
  const name = `deferred-machine-${process.pid}-${randomBytes(4).toString("hex")}`;
  const groups = groupsOf(name);
  for (const group of groups) mkdirSync(group);
  const joins = groups.map((group) => `echo $$ >${group}/cgroup.procs`).join(" && ");
  const options = [`--machine=${name}`, "--register=no", "--keep-unit", "-D", root];

  return {
    /** What `spawn` is to be given. It shuts down when this process dies, however that is. */
    command: (...args: string[]): [string, string[]] => [
      "sh",
      [
        "-c",
        `${joins} && exec setpriv --pdeathsig TERM systemd-nspawn "$@"`,
        "sh",
        ...options,
        ...args,
      ],
    ],

    /** Ends what runs inside at once; says whether anything did. */
    killInside: (): boolean => killIn(groups.map((group) => join(group, "payload"))),

    /** Removes what it leaves behind, once the kernel has let go of its last process. */
    async clearAway(): Promise<void> {
      for (const group of groups) {
        while (!removeGroups(group)) await new Promise((resolve) => setTimeout(resolve, 10));
      }
      forget(name);
    },
  };
}
