import { setTimeout as sleep } from "node:timers/promises";
import type { RunSummary } from "../../protocol/projects.ts";
import { isEnded } from "../../protocol/run.ts";
import { RefusedError } from "../api/call.ts";
import { CliError } from "../errors/cli-error.ts";
import { EXIT } from "../errors/exit-codes.ts";

const EVERY_MS = 2000;
/** How long the server may be out of reach. */
const TIMEOUT_MS = 60_000;

export interface WatchOptions {
  /** Reads runs, newest first; `isOpen`: only those that have not ended. */
  read: (isOpen: boolean) => Promise<RunSummary[]>;
  /** Whether runs that had ended before are listed, too. */
  all: boolean;
  limit: number;
  /** `changed`: those that are new, or in another state than before. */
  show: (runs: RunSummary[], changed: RunSummary[]) => void;
  /** Called once in each time that the server is out of reach. */
  onOutage: () => void;
  signal: AbortSignal;
}

/** Lists runs again and again until the signal. Runs that end meanwhile stay in the list. */
export async function watchRuns(options: WatchOptions): Promise<void> {
  const { signal } = options;
  let shown: RunSummary[] | undefined;
  let brokenSince: number | undefined;
  while (!signal.aborted) {
    const began = performance.now();
    let waitMs = EVERY_MS;
    try {
      const runs = await readAgain(shown ?? [], options);
      const states = new Map(shown?.map(({ id, state }) => [id, state]));
      options.show(
        runs,
        runs.filter(({ id, state }) => states.get(id) !== state),
      );
      shown = runs;
      brokenSince = undefined;
    } catch (error) {
      if (signal.aborted) return;
      if (!shown || !isPassing(error)) throw error;
      if (brokenSince === undefined) options.onOutage();
      brokenSince ??= began;
      if (performance.now() - brokenSince > TIMEOUT_MS) throw error;
      if (error instanceof RefusedError) waitMs = Math.max(waitMs, 1000 * (error.retryAfterS ?? 0));
    }
    // Lists that take long to read, as of many projects, are asked for less often.
    const tookMs = performance.now() - began;
    await sleep(Math.max(waitMs, 4 * tookMs), undefined, { signal }).catch(() => {});
  }
}

/** The runs that are listed now, with those that were listed before and have ended since. */
async function readAgain(
  before: readonly RunSummary[],
  { read, all, limit }: WatchOptions,
): Promise<RunSummary[]> {
  const now = await read(!all);
  if (all) return now;
  const left = new Map(before.map((run) => [run.id, run]));
  for (const { id } of now) left.delete(id);
  if ([...left.values()].some(({ state }) => !isEnded(state))) {
    for (const run of await read(false)) if (left.has(run.id)) left.set(run.id, run);
  }
  return [...now, ...[...left.values()].filter(({ state }) => isEnded(state))]
    .toSorted((a, b) => b.created_at.localeCompare(a.created_at))
    .slice(0, limit);
}

function isPassing(error: unknown): boolean {
  if (error instanceof RefusedError) return error.status >= 500 || error.status === 429;
  return error instanceof CliError && error.exitCode === EXIT.unreachable;
}
