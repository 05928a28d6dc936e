import { setImmediate as turnOver } from "node:timers/promises";
import type { RuntimeName } from "../../protocol/runtimes.ts";
import type { Log } from "../process/log.ts";
import type { InstalledRuntime } from "../runtimes/runtime.ts";
import { Demand } from "./demand.ts";
import type { PreparedSandbox, Sandbox } from "./sandbox.ts";

/** Pause after a sandbox did not come up, so that a broken interpreter does not keep a processor busy. */
const PAUSE_MS = 5_000;

/** A taken sandbox is replaced when its run has ended, so that it has the processors for itself, or after this time. */
const REPLACE_MS = 250;

/** A runtime that nobody asks for during this time keeps one sandbox. */
const REST_MS = 60_000;

/** The run that woke the machine has the processors for itself so long. */
const FIRST_RUN_MS = 500;

/** Sandboxes started ahead of need: one for each runtime at first, more for those in use. */
export interface Ahead {
  /** The sandbox that has waited longest, or a new one; others are started in its place. */
  take(runtime: RuntimeName): Promise<PreparedSandbox>;
  /** Discards the waiting sandboxes. */
  close(): Promise<void>;
}

/** A sandbox that waits, or still starts. */
interface Waiting {
  readonly prepared: Promise<PreparedSandbox | undefined>;
  /** Something waits for it, or for its end. */
  readonly need: () => void;
}

/** What waits for a runtime, and how much that is used. */
interface Pool {
  readonly installed: InstalledRuntime;
  readonly places: Set<Waiting>;
  readonly demand: Demand;
  rest?: () => void;
}

export function startAhead(
  sandbox: Sandbox,
  runtimes: readonly InstalledRuntime[],
  log: Log,
  /** Of which one waits before any is asked for. */
  wanted: readonly RuntimeName[] = runtimes.map(({ runtime }) => runtime.name),
  /** The runtime that starts at once; the others follow one after another. */
  first?: RuntimeName,
): Ahead {
  const pools = new Map<RuntimeName, Pool>(
    runtimes.map((installed) => [
      installed.runtime.name,
      { installed, places: new Set(), demand: new Demand() },
    ]),
  );
  const pauses = new Set<NodeJS.Timeout>();
  let closed = false;

  /** Never rejects: where the kernel still holds a sandbox, the responder goes on with its runs. */
  const discard = async (one: PreparedSandbox | undefined) => {
    try {
      await one?.discard();
    } catch (error) {
      log.warn("a sandbox was not cleared away", { error: String(error) });
    }
  };
  const clear = async ({ prepared, need }: Waiting) => {
    need();
    await discard(await prepared);
  };
  const start = async (pool: Pool) => {
    if (closed) return;
    const { installed, places } = pool;
    const needed = Promise.withResolvers<void>();
    const prepared = sandbox.prepare(installed, undefined, needed.promise).then(
      (one) => {
        // A waiting sandbox that dies, as when the host is short of memory, is replaced.
        const replace = async () => {
          if (!places.delete(place)) return;
          await discard(one);
          later(PAUSE_MS, () => start(pool));
        };
        void one.gone.then(replace, replace);
        return one;
      },
      (error: unknown) => {
        const { name } = installed.runtime;
        log.warn("a sandbox did not come up ahead of need", {
          runtime: name,
          error: String(error),
        });
        if (places.delete(place)) later(PAUSE_MS, () => start(pool));
        return undefined;
      },
    );
    const place: Waiting = { prepared, need: needed.resolve };
    places.add(place);
    await prepared;
  };
  /** Returns a function that cancels it. */
  const later = (ms: number, work: () => Promise<void>) => {
    if (closed) return () => {};
    const timer = setTimeout(() => {
      pauses.delete(timer);
      void work();
    }, ms);
    pauses.add(timer);
    return () => {
      clearTimeout(timer);
      pauses.delete(timer);
    };
  };
  const startThose = async (which: (name: RuntimeName) => boolean) => {
    for (const [name, pool] of pools) {
      if (pool.places.size === 0 && which(name)) await start(pool);
    }
  };
  const refill = async (pool: Pool) => {
    // Asked once: to read the host's free memory takes 0.04 ms.
    const wished = pool.demand.wished();
    while (pool.places.size < wished && !closed) void start(pool);
  };
  const trim = async ({ places, demand }: Pool) => {
    const [, ...more] = demand.rest() ? places : [];
    for (const one of more) places.delete(one);
    await Promise.all(more.map(clear));
  };
  /** Until the taken sandbox is gone. */
  const follow = async (pool: Pool, taken: Promise<PreparedSandbox>) => {
    const { demand } = pool;
    demand.begin();
    pool.rest?.();
    try {
      const { gone } = await taken;
      const cancel = later(REPLACE_MS, () => refill(pool));
      await gone;
      cancel();
      // The finish call of its run goes out first: to make control groups and pipes takes milliseconds of this thread.
      await turnOver();
    } catch {
      // Its taker hears of the failure.
    }
    demand.end();
    void refill(pool);
    pool.rest?.();
    pool.rest = later(REST_MS, () => trim(pool));
  };

  if (first) void startThose((name) => name === first);
  later(first ? FIRST_RUN_MS : 0, () => startThose((name) => wanted.includes(name)));

  return {
    async take(name) {
      const pool = pools.get(name);
      if (!pool) throw new RangeError(`there is no ${name} here`);
      const { installed, places } = pool;
      const [oldest] = places;
      if (oldest) places.delete(oldest);
      oldest?.need();
      const taken = oldest
        ? oldest.prepared.then((one) => one ?? sandbox.prepare(installed))
        : sandbox.prepare(installed);
      void follow(pool, taken);
      return taken;
    },
    async close() {
      closed = true;
      for (const timer of pauses) clearTimeout(timer);
      const left = [...pools.values()].flatMap(({ places }) => [...places]);
      for (const { places } of pools.values()) places.clear();
      await Promise.all(left.map(clear));
    },
  };
}
