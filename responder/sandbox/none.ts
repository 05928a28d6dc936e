import {
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { InstalledRuntime } from "../runtimes/runtime.ts";
import { makeBootFolder } from "./boot-folder.ts";
import { FifoPool } from "./fifos.ts";
import { holdSandbox } from "./held-sandbox.ts";
import { launcher } from "./launcher.ts";
import type { PreparedSandbox, Sandbox } from "./sandbox.ts";
import { startWaiting } from "./waiting-process.ts";

/**
 * No isolation at all: programs run as the responder's own user and see what it sees. For machines that
 * are thrown away after one author's own work; it has to be asked for by name.
 */
export function none(state: string): Sandbox {
  let folder: string | undefined;
  let fifos: FifoPool | undefined;
  const live = new Set<PreparedSandbox>();
  return {
    name: "none",
    async probe() {
      folder = makeBootFolder(state);
      fifos = new FifoPool(folder);
      return ["rlimits"];
    },
    async prepare(runtime) {
      if (folder === undefined || fifos === undefined) throw new Error("probe comes first");
      const held: PreparedSandbox = await prepare(folder, fifos, runtime, () => live.delete(held));
      live.add(held);
      return held;
    },
    async close() {
      await Promise.all([...live].map((one) => one.discard()));
      if (folder) rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function prepare(
  boot: string,
  fifos: FifoPool,
  installed: InstalledRuntime,
  onReleased: () => void,
): Promise<PreparedSandbox> {
  const { runtime, interpreter } = installed;
  const waiters = join(boot, `waiter-${runtime.name}`);
  mkdirSync(waiters, { recursive: true });
  const waiter = join(waiters, runtime.waiter.file);
  if (!existsSync(waiter)) writeFileSync(waiter, runtime.waiter.text);
  const work = mkdtempSync(join(boot, "work-"));
  mkdirSync(join(work, "artifacts"));
  const release = async () => {
    onReleased();
    await rm(work, { recursive: true, force: true });
  };

  const argv = launcher([interpreter, ...runtime.args(waiters)], []);
  const env = { PATH: "/usr/local/bin:/usr/bin:/bin", HOME: work, LANG: "C.UTF-8" };
  try {
    const waiting = await startWaiting(
      { argv, cwd: work, env: { ...env, ...runtime.env(waiters) }, files: [], reports: false },
      fifos,
    );
    const pid = waiting.child.pid!;
    // Its whole process group; what left the group is beyond us, which is what `none` means.
    const killAll = () => {
      try {
        process.kill(-pid, "SIGKILL");
      } catch {
        // All of it has ended.
      }
    };
    waiting.child.once("exit", killAll);
    return holdSandbox({
      runtime: installed,
      process: waiting,
      group: undefined,
      features: [],
      overhead: 0,
      uid: undefined,
      folder: openSync(work, constants.O_RDONLY | constants.O_DIRECTORY),
      top: pid,
      program: () => pid,
      killAll,
      // What it left behind is beyond us, too.
      allDead: async () => true,
      release,
    });
  } catch (error) {
    await rm(work, { recursive: true, force: true });
    throw error;
  }
}
