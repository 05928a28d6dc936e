import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bubblewrapArgs, ETC, INSIDE } from "./arguments.ts";
import type { BubblewrapHost } from "./host.ts";
import { groupName } from "../cgroup/find.ts";
import { firstProcess } from "./first-process.ts";
import {
  groupLimits,
  holdSandbox,
  type HeldSandbox,
  type Hold,
} from "../lifecycle/held-sandbox.ts";
import { launcher } from "../lifecycle/launcher.ts";
import { listChildren } from "../../process/process-tree.ts";
import { ALWAYS } from "../lifecycle/rlimits.ts";
import type { Launch } from "../lifecycle/spawn-child.ts";
import type { NativeLauncher } from "../native/native-launcher.ts";
import { PATH } from "../program-path.ts";
import { SandboxError } from "../result.ts";
import { startWaiting, type WaitingProcess } from "../lifecycle/waiting-process.ts";

/** bubblewrap, or the launcher's child, outside, and another as the sandbox's first process. */
const OVERHEAD = 2;

/** The differences between sandboxes of blocks and of commands. */
export interface BubblewrapKind extends Pick<
  Hold,
  "runtime" | "limited" | "graceMs" | "memoryFolders"
> {
  readonly uid: number | undefined;
  /** File name and text of the waiting program. */
  readonly waiter: { readonly file: string; readonly text: string };
  readonly mounts: readonly string[];
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly seccomp: string | undefined;
  /** Resolves once a run waits for it; absent: one does. */
  readonly needed?: Promise<void> | undefined;
  /** Starts it instead of bubblewrap; the launcher's mounts and filter are those of blocks. */
  readonly launcher?: NativeLauncher | undefined;
  /** Descriptors each of its processes may open. */
  readonly descriptors?: number;
  /** Releases the kind's resources, after all processes have died. */
  readonly release: () => Promise<void>;
}

/**
 * Starts a waiting sandbox; `pid` is the host's id of its first process. Throws `SandboxError` and leaves nothing
 * behind.
 */
export async function startBubblewrap(
  host: BubblewrapHost,
  kind: BubblewrapKind,
): Promise<{ held: HeldSandbox; pid: number }> {
  const group = host.groups?.create(groupName(++host.sandboxes));
  let waiting: WaitingProcess | undefined;
  try {
    if (kind.needed === undefined) group?.hurry();
    // It may have ended before it was needed.
    else void kind.needed.then(() => group?.hurry()).catch(() => {});
    if (kind.limited) group?.limit(groupLimits(kind.limited, OVERHEAD));
    const joins = group?.joins ?? [];
    waiting = await (kind.launcher
      ? kind.launcher.start({
          uid: kind.uid,
          descriptors: kind.descriptors ?? ALWAYS.n,
          joins,
          argv: kind.command,
          // bubblewrap sets it by itself.
          env: { ...environment(kind), PWD: INSIDE.work },
        })
      : startWaiting(buildLaunch(host, kind, joins), host.fifos));
    const first = firstProcess(waiting.status);
    // A program may persuade bubblewrap, which it shares a user with, to end before it does.
    void waiting.exited.then(({ wasLast }) => wasLast ?? first.kill());
    const held = holdSandbox({
      ...kind,
      process: waiting,
      group,
      features: host.features,
      overhead: OVERHEAD,
      top: first.pid,
      program: () => listChildren(first.pid)[0],
      killAll: first.kill,
      allDead: first.dead,
    });
    return { held, pid: first.pid };
  } catch (error) {
    waiting?.kill();
    await waiting?.ended;
    await group?.remove();
    await kind.release();
    throw error instanceof SandboxError ? error : new SandboxError(String(error), { cause: error });
  }
}

function writeWaiter(host: BubblewrapHost, { waiter }: BubblewrapKind): string {
  const path = join(host.folder, waiter.file);
  if (!existsSync(path)) writeFileSync(path, waiter.text);
  return path;
}

function buildLaunch(host: BubblewrapHost, kind: BubblewrapKind, joins: readonly string[]): Launch {
  const argv = bubblewrapArgs({
    bwrap: host.bwrap,
    uid: kind.uid,
    node: host.node(),
    waiterFile: kind.waiter.file,
    seccomp: kind.seccomp !== undefined,
    mounts: kind.mounts,
    command: kind.command,
    env: environment(kind),
  });
  return {
    argv: launcher(argv, joins, kind.descriptors),
    cwd: "/",
    env: {},
    reports: true,
    files: [
      ...Object.keys(ETC).map((name) => join(host.folder, name)),
      writeWaiter(host, kind),
      ...(kind.seccomp ? [kind.seccomp] : []),
    ],
  };
}

const environment = ({ env }: BubblewrapKind) => ({
  PATH,
  HOME: INSIDE.work,
  LANG: "C.UTF-8",
  ...env,
});
