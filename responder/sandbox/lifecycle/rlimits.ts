import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Limits every process of a sandbox has from its first instruction on, as arguments of bash's `ulimit`. */
export const ALWAYS = {
  /** No core dumps. */
  c: 0,
  /** Descriptors. */
  n: 1024,
  /** KiB of locked memory. */
  l: 64,
} as const;

const RESERVED_BYTES = 2 ** 30;

/**
 * A shell's lines that set them, hard and soft. `descriptors` more or fewer than ever, but no more than the
 * host allows.
 */
export function ulimits(descriptors: number = ALWAYS.n): string {
  const { n: _, ...others } = ALWAYS;
  return [
    ...Object.entries(others).map(([flag, value]) => `ulimit -${flag} ${value}`),
    `ulimit -n ${descriptors} 2>/dev/null || ulimit -n "$(ulimit -Hn)"`,
  ].join("\n");
}

/**
 * Limits that are known only when the code is, for a process that already runs. They count per
 * process (memory) or per user (processes), so control groups are better wherever there are some.
 */
export async function restrict(
  pid: number,
  limits: {
    memoryBytes: number | undefined;
    processes: number | undefined;
    /** Whose process it is: its own user may lower its limits, root only with CAP_SYS_RESOURCE. */
    uid: number | undefined;
  },
): Promise<void> {
  const args: string[] = [];
  // A second limit against memory that grows faster than it is polled. DATA, not AS, and generous: interpreters reserve
  // far more than they use.
  if (limits.memoryBytes !== undefined) args.push(`--data=${limits.memoryBytes + RESERVED_BYTES}`);
  if (limits.processes !== undefined) args.push(`--nproc=${limits.processes}`);
  if (args.length === 0) return;
  await run("prlimit", [`--pid=${pid}`, ...args], {
    env: { PATH: "/usr/bin:/bin" },
    cwd: "/",
    ...(limits.uid === undefined ? {} : { uid: limits.uid, gid: limits.uid }),
  });
}
