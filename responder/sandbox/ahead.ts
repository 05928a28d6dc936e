import type { RuntimeName } from "../../protocol/runtimes.ts";
import type { Log } from "../process/log.ts";
import type { InstalledRuntime } from "../runtimes/runtime.ts";
import type { PreparedSandbox, Sandbox } from "./sandbox.ts";

/** Pause after a sandbox did not come up, so that a broken interpreter does not keep a processor busy. */
const PAUSE_MS = 5_000;

/**
 * Sandboxes that wait for a runtime in use. A sandbox takes about 25 ms to start and a one-liner less to run: with one
 * alone the next run would wait (40 ms a run instead of 20).
 */
const WAITING = 2;

/** The run that woke the machine has the processors for itself so long. */
const FIRST_RUN_MS = 500;

/** Sandboxes started ahead of need: one for each runtime at first, more for those in use. */
export interface Ahead {
  /** The sandbox that has waited longest, or a new one; another is started in its place. */
  take(runtime: RuntimeName): Promise<PreparedSandbox>;
  /** Discards the waiting sandboxes. */
  close(): Promise<void>;
}

type Waiting = Promise<PreparedSandbox | undefined>;

export function startAhead(
  sandbox: Sandbox,
  runtimes: readonly InstalledRuntime[],
  log: Log,
  /** Of which one waits before any is asked for. */
  wanted: readonly RuntimeName[] = runtimes.map(({ runtime }) => runtime.name),
  /** The runtime that starts at once; the others follow one after another. */
  first?: RuntimeName,
): Ahead {
  const waiting = new Map<RuntimeName, Set<Waiting>>(
    runtimes.map(({ runtime }) => [runtime.name, new Set()]),
  );
  const pauses = new Set<NodeJS.Timeout>();
  let closed = false;

  const start = async (installed: InstalledRuntime, places: Set<Waiting>) => {
    if (closed) return;
    const prepared: Waiting = sandbox.prepare(installed).then(
      (one) => {
        // A waiting sandbox that dies, as when the host is short of memory, is replaced.
        void one.gone.then(async () => {
          if (!places.delete(prepared)) return;
          await one.discard();
          startLater(installed, places);
        });
        return one;
      },
      (error: unknown) => {
        const { name } = installed.runtime;
        log.warn("a sandbox did not come up ahead of need", {
          runtime: name,
          error: String(error),
        });
        if (places.delete(prepared)) startLater(installed, places);
        return undefined;
      },
    );
    places.add(prepared);
    await prepared;
  };
  const startLater = (installed: InstalledRuntime, places: Set<Waiting>) => {
    if (closed) return;
    later(PAUSE_MS, () => start(installed, places));
  };
  const later = (ms: number, work: () => Promise<void>) => {
    const timer = setTimeout(() => {
      pauses.delete(timer);
      void work();
    }, ms);
    pauses.add(timer);
  };
  const startThose = async (which: (name: RuntimeName) => boolean) => {
    for (const installed of runtimes) {
      const { name } = installed.runtime;
      const places = waiting.get(name)!;
      if (places.size === 0 && which(name)) await start(installed, places);
    }
  };

  if (first) void startThose((name) => name === first);
  later(first ? FIRST_RUN_MS : 0, () => startThose((name) => wanted.includes(name)));

  return {
    async take(name) {
      const installed = runtimes.find(({ runtime }) => runtime.name === name);
      const places = waiting.get(name);
      if (!installed || !places) throw new RangeError(`there is no ${name} here`);
      const [oldest] = places;
      if (oldest) places.delete(oldest);
      const taken = oldest
        ? oldest.then((one) => one ?? sandbox.prepare(installed))
        : sandbox.prepare(installed);
      while (places.size < WAITING && !closed) void start(installed, places);
      return taken;
    },
    async close() {
      closed = true;
      for (const timer of pauses) clearTimeout(timer);
      const left = [...waiting.values()].flatMap((places) => [...places]);
      for (const places of waiting.values()) places.clear();
      await Promise.all(left.map(async (one) => (await one)?.discard()));
    },
  };
}
