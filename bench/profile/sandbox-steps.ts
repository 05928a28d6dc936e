import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { findCgroups } from "../../responder/sandbox/cgroup/find.ts";
import { blockMounts, bubblewrapArgs } from "../../responder/sandbox/bubblewrap/arguments.ts";
import { launcher } from "../../responder/sandbox/lifecycle/launcher.ts";
import { makeCpuGroup } from "../warm/cpu-group.ts";

const run = promisify(execFile);
const TRUE = "/usr/bin/true";
/** Not the responder's: its users begin at 10 000 above. */
const UID = 65_000;

/** Descriptors 4 to 9 are open, as bubblewrap's arguments expect. */
const LOOP = `
echo $$ >"$1"; count=$2; shift 2
exec 4>/dev/null 5</dev/null 6</dev/null 7</dev/null 8</dev/null 9</dev/null
for ((i = 0; i < count; i++)); do "$@"; done`;

export interface SandboxStep {
  name: string;
  cpuMs: number;
}

/** CPU of a sandbox's start by step: each line of the chain is started alone, and the one before is subtracted. */
export async function measureSandboxSteps(
  bare: readonly string[],
  count: number,
): Promise<SandboxStep[]> {
  const isRoot = process.getuid?.() === 0;
  const sandbox = (command: readonly string[]) =>
    bubblewrapArgs({
      ...{ bwrap: "/usr/bin/bwrap", node: process.execPath, waiterFile: "waiter", seccomp: false },
      ...{ uid: isRoot ? UID : undefined, mounts: blockMounts(), command, env: {} },
    });
  const dropped = sandbox([]).slice(0, sandbox([]).indexOf("/usr/bin/bwrap"));
  const counted = makeCpuGroup();
  const groups = findCgroups(undefined, counted.membership)?.create("steps");
  const joins = groups?.joins ?? [];
  /** CPU milliseconds of one start, the loop's share included. */
  const cpuOf = async (command: readonly string[]) => {
    const before = counted.readMs();
    const args = ["--norc", "-c", LOOP, "steps", counted.procs, String(count), ...command];
    await run("/bin/bash", args, { env: { PATH: "/usr/bin:/bin" } });
    return (counted.readMs() - before) / count;
  };
  try {
    const chain: [name: string, command: readonly string[]][] = [
      ["start of a process (true)", [TRUE]],
      ["launcher: bash, limits, descriptors", launcher([TRUE], [])],
      ["launcher: join of control groups", launcher([TRUE], joins)],
      ["setpriv: user", launcher([...dropped, TRUE], joins)],
      ["bubblewrap: namespaces, mounts", launcher(sandbox([TRUE]), joins)],
      ["interpreter", launcher(sandbox(bare), joins)],
    ];
    const totals: number[] = [];
    for (const [, command] of chain) totals.push(await cpuOf(command));
    return chain.map(([name], index) => ({
      name,
      cpuMs: totals[index]! - (index === 0 ? 0 : totals[index - 1]!),
    }));
  } finally {
    await groups?.remove();
    counted.remove();
  }
}
