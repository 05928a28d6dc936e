import { closeSync } from "node:fs";
import { availableParallelism } from "node:os";
import type { InstalledRuntime } from "../runtimes/runtime.ts";
import type { Cgroup } from "./cgroup.ts";
import { controlMessage } from "./control-message.ts";
import { exitStatus } from "./exit-status.ts";
import { usageOf } from "./process-tree.ts";
import { restrict } from "./rlimits.ts";
import type { Ending, OnOutput, PreparedSandbox, Program } from "./sandbox.ts";
import { terminator, type Terminator } from "./terminate.ts";
import type { WaitingProcess } from "./waiting-process.ts";
import { watch, type Exceeded, type Usage } from "./watch.ts";

/** What an implementation of `Sandbox` knows about one of its sandboxes. */
export interface Hold {
  readonly runtime: InstalledRuntime;
  readonly process: WaitingProcess;
  /** Absent where the host gives us none. */
  readonly group: Cgroup | undefined;
  /** What `group` enforces. */
  readonly features: readonly string[];
  /** Processes of the sandbox that are not the program's. */
  readonly overhead: number;
  /** Descriptor of the working directory. */
  readonly folder: number;
  /** The host's user it runs as; undefined: our own. */
  readonly uid: number | undefined;
  /** The process all others of the sandbox are below of. */
  readonly top: number;
  /** The program's own process. */
  readonly program: () => number | undefined;
  /** Kills every process of the sandbox. */
  readonly killAll: () => void;
  /** Once the process has ended and all was killed: whether nothing of the sandbox is left. */
  readonly allDead: () => Promise<boolean>;
  /** Gives back what the implementation took, once all are dead. */
  readonly release: () => Promise<void>;
}

/** The common part of all sandboxes: from the code's arrival to the last process's death. */
export function holdSandbox(hold: Hold): PreparedSandbox {
  const { group } = hold;
  const terminate = terminator(hold.program, hold.killAll);
  const ended = endOf(hold, terminate);
  const gone = ended.then(() => {});
  let discarded: Promise<void> | undefined;

  const discard = async () => {
    terminate.kill();
    await gone;
    closeSync(hold.folder);
    await group?.remove();
    await hold.release();
  };

  return {
    runtime: hold.runtime,
    gone,
    folder: hold.folder,
    discard: () => (discarded ??= discard()),
    async run(program, onOutput, signal) {
      if (signal.aborted) return unstarted("stopped");
      try {
        await applyLimits(hold, program);
      } catch (error) {
        // EBUSY: its interpreter alone is over the limit.
        const isMemory = (error as NodeJS.ErrnoException).code === "EBUSY";
        return unstarted(isMemory ? "memory" : "sandbox_failed", String(error));
      }
      return execute(hold, terminate, ended, program, onOutput, signal);
    },
  };
}

interface HowItEnded {
  readonly code: number | null;
  readonly signal: string | null;
  /** Nothing of the sandbox is left. */
  readonly clean: boolean;
}

/** Resolves once nothing can change any more what the program leaves behind. */
async function endOf(hold: Hold, terminate: Terminator): Promise<HowItEnded> {
  const { code, signal } = await hold.process.ended;
  const clean = await hold.allDead();
  terminate.done();
  return { code, signal, clean };
}

async function applyLimits(hold: Hold, { limits }: Program) {
  const { group, features, overhead, program, top, uid } = hold;
  const has = (feature: string) => features.includes(feature);
  group?.limit({
    memoryBytes: limits.memory_mb * 2 ** 20,
    processes: limits.processes + overhead,
  });
  if (has("cgroup-memory") && has("cgroup-pids")) return;
  await restrict(program() ?? top, {
    memoryBytes: has("cgroup-memory") ? undefined : limits.memory_mb * 2 ** 20,
    processes: has("cgroup-pids") ? undefined : limits.processes + overhead,
    uid,
  });
}

async function execute(
  hold: Hold,
  terminate: Terminator,
  ended: Promise<HowItEnded>,
  program: Program,
  onOutput: OnOutput,
  signal: AbortSignal,
): Promise<Ending> {
  const { process: waiting, group, runtime } = hold;
  let cause: Exceeded | "stopped" | undefined;
  const begun = performance.now();
  const endWatch = watch(program.limits, usageIn(hold), availableParallelism(), (exceeded) => {
    cause ??= exceeded;
    if (exceeded === "memory") terminate.kill();
    else terminate.stop();
  });
  const onAbort = () => {
    cause ??= "stopped";
    terminate.kill();
  };
  signal.addEventListener("abort", onAbort, { once: true });

  waiting.activate(controlMessage(program), onOutput);
  const { code, signal: by, clean } = await ended;

  const ranS = (performance.now() - begun) / 1000;
  endWatch();
  signal.removeEventListener("abort", onAbort);
  if (!clean) {
    const detail = "the sandbox's processes did not die when they were killed";
    return { cause: "sandbox_failed", exitCode: null, signal: null, ranS: undefined, detail };
  }
  // The kernel kills what asks for memory, which need not be the program itself; where that went on
  // and ended well, its memory was no trouble to it.
  if (cause === undefined && code !== 0 && (group?.memoryKills() ?? 0) > 0) cause = "memory";
  const status = exitStatus(code, by, runtime.runtime.name, cause !== undefined);
  return { cause: cause ?? "exited", ...status, ranS };
}

/** Counted by the control group where there is one, else by looking at the processes. */
function usageIn({ group, features, top }: Hold): Usage {
  const cpuS = () => group?.cpuS() ?? usageOf(top).cpuS;
  if (features.includes("cgroup-memory")) return { cpuS };
  return { cpuS, memoryBytes: () => usageOf(top).memoryBytes };
}

function unstarted(cause: Ending["cause"], detail?: string): Ending {
  return { cause, exitCode: null, signal: null, ranS: undefined, detail };
}
