import type { Socket } from "node:net";
import { availableParallelism } from "node:os";
import { isDeepStrictEqual } from "node:util";
import type { EffectiveLimits } from "../../../protocol/limits.ts";
import type { RuntimeName } from "../../../protocol/runtimes.ts";
import type { Cgroup, CgroupLimits } from "../cgroup/cgroup.ts";
import { exitStatus } from "./exit-status.ts";
import { countMemoryFiles } from "./memory-files.ts";
import { readUsage } from "../../process/process-tree.ts";
import { restrict } from "./rlimits.ts";
import type { SandboxResult, OnOutput } from "../result.ts";
import { terminator, type ProcessTerminator } from "./terminate.ts";
import type { WaitingProcess } from "./waiting-process.ts";
import { watch, type Exceeded, type Usage } from "./watch.ts";

/** A running sandbox, as its implementation describes it. */
export interface Hold {
  /** Whose exit statuses they are. */
  readonly runtime: RuntimeName;
  readonly process: WaitingProcess;
  /** Absent where the host gives us none. */
  readonly group: Cgroup | undefined;
  /** The limits that `group` enforces. */
  readonly features: readonly string[];
  /** Those of programs that `group` has been given. */
  readonly limited?: EffectiveLimits | undefined;
  /** Processes of the sandbox that are not the program's. */
  readonly overhead: number;
  /** The host's user it runs as; undefined: our own. */
  readonly uid: number | undefined;
  /** The process all others of the sandbox are below of. */
  readonly top: number;
  /** Folders whose files are in its memory, as the sandbox sees them. */
  readonly memoryFolders?: readonly string[];
  /** The program's own process. */
  readonly program: () => number | undefined;
  /** Kills every process of the sandbox. */
  readonly killAll: () => void;
  /** Whether every process is dead, after the kill. */
  readonly allDead: () => Promise<boolean>;
  /** Milliseconds the program has to clean up after TERM. */
  readonly graceMs?: number;
  /** Releases the implementation's resources, after all processes have died. */
  readonly release: () => Promise<void>;
}

/** The program for a waiting sandbox. */
interface ExecuteOptions {
  readonly limits: EffectiveLimits;
  /** Sends the work to the waiting process. `shorten` lowers the limit of wall time. */
  readonly speak: (control: Socket, shorten: (wallS: number) => void) => void;
  readonly onOutput: OnOutput;
  readonly signal: AbortSignal;
}

/** The common part of all sandboxes: from the order's arrival to the last process's death. */
export interface HeldSandbox {
  /** Settles when the sandbox is gone, whether or not it was used. Never rejects. */
  readonly gone: Promise<void>;
  readonly place: WaitingProcess["place"];
  /** When it resolves every process of the sandbox is dead. Never rejects. */
  execute(order: ExecuteOptions): Promise<SandboxResult>;
  /** Kills all processes and releases every resource. */
  discard(): Promise<void>;
}

export function holdSandbox(hold: Hold): HeldSandbox {
  const { group } = hold;
  const terminate = terminator(hold.program, hold.killAll, hold.graceMs);
  const ended = awaitEnd(hold, terminate);
  const gone = ended.then(() => {});
  let discarded: Promise<void> | undefined;

  const discard = async () => {
    terminate.kill();
    await gone;
    await group?.remove();
    await hold.release();
  };

  return {
    gone,
    place: hold.process.place,
    discard: () => (discarded ??= discard()),
    async execute(order) {
      if (order.signal.aborted) return unstarted("stopped");
      try {
        await applyLimits(hold, order.limits);
      } catch (error) {
        // EBUSY: its interpreter alone is over the limit.
        const isMemory = (error as NodeJS.ErrnoException).code === "EBUSY";
        return unstarted(isMemory ? "memory" : "sandbox_failed", String(error));
      }
      return execute(hold, terminate, ended, order);
    },
  };
}

interface HowItEnded {
  readonly code: number | null;
  readonly signal: string | null;
  /** Every process is dead. */
  readonly clean: boolean;
}

/** Resolves once no process can change the program's files any more. */
async function awaitEnd(hold: Hold, terminate: ProcessTerminator): Promise<HowItEnded> {
  const { code, signal, wasLast } = await hold.process.ended;
  const clean = wasLast ?? (await hold.allDead());
  terminate.done();
  return { code, signal, clean };
}

/** `overhead`: processes that are not the program's. */
export const groupLimits = (limits: EffectiveLimits, overhead: number): CgroupLimits => ({
  memoryBytes: limits.memory_mb * 2 ** 20,
  processes: limits.processes + overhead,
});

async function applyLimits(hold: Hold, limits: EffectiveLimits) {
  const { group, features, limited, overhead, program, top, uid } = hold;
  const has = (feature: string) => features.includes(feature);
  const wanted = groupLimits(limits, overhead);
  const isGiven = limited && isDeepStrictEqual(wanted, groupLimits(limited, overhead));
  if (!isGiven) group?.limit(wanted);
  if (has("cgroup-memory") && has("cgroup-pids")) return;
  await restrict(program() ?? top, {
    memoryBytes: has("cgroup-memory") ? undefined : limits.memory_mb * 2 ** 20,
    processes: has("cgroup-pids") ? undefined : limits.processes + overhead,
    uid,
  });
}

async function execute(
  hold: Hold,
  terminate: ProcessTerminator,
  ended: Promise<HowItEnded>,
  { limits, speak, onOutput, signal }: ExecuteOptions,
): Promise<SandboxResult> {
  const { process: waiting, group, runtime } = hold;
  let cause: Exceeded | "stopped" | undefined;
  const begun = performance.now();
  const watched = watch(limits, usageIn(hold), availableParallelism(), (exceeded) => {
    cause ??= exceeded;
    if (exceeded === "memory") terminate.kill();
    else terminate.stop();
  });
  const onAbort = () => {
    cause ??= "stopped";
    terminate.kill();
  };
  signal.addEventListener("abort", onAbort, { once: true });

  speak(waiting.activate(onOutput), watched.shorten);
  const { code, signal: by, clean } = await ended;

  const ranS = (performance.now() - begun) / 1000;
  watched.end();
  signal.removeEventListener("abort", onAbort);
  if (!clean) {
    const detail = "the sandbox's processes did not die when they were killed";
    return { cause: "sandbox_failed", exitCode: null, signal: null, ranS: undefined, detail };
  }
  // The kernel may have killed another process than the program; a program that still succeeded was not short of
  // memory.
  if (cause === undefined && code !== 0 && (group?.memoryKills() ?? 0) > 0) cause = "memory";
  const status = exitStatus(code, by, runtime, cause !== undefined);
  return { cause: cause ?? "exited", ...status, ranS, ...readTotals(group, watched.cpuAtStart) };
}

/** Processor time since the program began and the memory's peak. Called before the group is removed. */
function readTotals(group: Cgroup | undefined, cpuBefore: number) {
  const cpu = group?.cpuS();
  const peak = group?.memoryPeakBytes();
  return {
    cpuS: cpu === undefined ? undefined : round(cpu - cpuBefore, 1000),
    memoryPeakMb: peak === undefined ? undefined : round(peak / 2 ** 20, 10),
  };
}

/** Rounds to `1 / parts`. */
function round(value: number, parts: number): number {
  return Math.round(value * parts) / parts;
}

/** Counted by the control group where there is one, else by looking at the processes. */
function usageIn({ group, features, top, memoryFolders = [] }: Hold): Usage {
  const cpuS = () => group?.cpuS() ?? readUsage(top).cpuS;
  if (features.includes("cgroup-memory")) return { cpuS };
  return {
    cpuS,
    memoryBytes: () => readUsage(top).memoryBytes + countMemoryFiles(top, memoryFolders),
  };
}

function unstarted(cause: SandboxResult["cause"], detail?: string): SandboxResult {
  return { cause, exitCode: null, signal: null, ranS: undefined, detail };
}
