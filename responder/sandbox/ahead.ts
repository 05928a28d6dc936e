import type { RuntimeName } from "../../protocol/runtimes.ts";
import type { Log } from "../log.ts";
import type { InstalledRuntime } from "../runtimes/runtime.ts";
import type { PreparedSandbox, Sandbox } from "./sandbox.ts";

/** Pause after a sandbox did not come up, so that a broken interpreter does not keep a processor busy. */
const PAUSE_MS = 5_000;

/** Sandboxes started ahead of need, one for each runtime. */
export interface Ahead {
  /** The waiting one, or a new one; another is then started in its place. */
  take(runtime: RuntimeName): Promise<PreparedSandbox>;
  /** Ends those that wait. */
  close(): Promise<void>;
}

export function startAhead(
  sandbox: Sandbox,
  runtimes: readonly InstalledRuntime[],
  log: Log,
): Ahead {
  const waiting = new Map<RuntimeName, Promise<PreparedSandbox | undefined>>();
  const pauses = new Set<NodeJS.Timeout>();
  let closed = false;

  const fill = (installed: InstalledRuntime) => {
    const { name } = installed.runtime;
    if (closed || waiting.has(name)) return;
    const prepared = sandbox.prepare(installed).then(
      (one) => {
        // One that dies while it waits (the host was short of memory, say) makes room for another.
        void one.gone.then(async () => {
          if (waiting.get(name) !== prepared) return;
          waiting.delete(name);
          await one.discard();
          pause(installed);
        });
        return one;
      },
      (error: unknown) => {
        log.warn("a sandbox did not come up ahead of need", {
          runtime: name,
          error: String(error),
        });
        if (waiting.get(name) === prepared) waiting.delete(name);
        pause(installed);
        return undefined;
      },
    );
    waiting.set(name, prepared);
  };
  const pause = (installed: InstalledRuntime) => {
    if (closed) return;
    const timer = setTimeout(() => {
      pauses.delete(timer);
      fill(installed);
    }, PAUSE_MS);
    pauses.add(timer);
  };
  for (const installed of runtimes) fill(installed);

  return {
    async take(name) {
      const installed = runtimes.find(({ runtime }) => runtime.name === name);
      if (installed === undefined) throw new RangeError(`there is no ${name} here`);
      const next = waiting.get(name);
      waiting.delete(name);
      const prepared = (await next) ?? (await sandbox.prepare(installed));
      fill(installed);
      return prepared;
    },
    async close() {
      closed = true;
      for (const timer of pauses) clearTimeout(timer);
      await Promise.all([...waiting.values()].map(async (one) => (await one)?.discard()));
    },
  };
}
