import type { RunEvent } from "../../protocol/events.ts";
import type { Database } from "../database/database.ts";
import { prepared } from "../database/prepared.ts";
import type { Feed } from "./feed.ts";
import type { ReadLog } from "./log-reads.ts";

export interface FollowDeps {
  database: Database;
  feed: Feed;
  readLog: ReadLog;
}

/** Most readers follow one run. */
const seenOf = prepared((queries, { id }: { id: string }) =>
  queries.selectFrom("runs").select(["id", "last_event", "ended_at"]).where("id", "=", id),
);

/** How often a stream checks that its reader may still read it. */
const LOOK_MS = 1000;

/** Yields batches while `mayRead` holds: sessions end, and projects stop being public. */
export async function* whileReadable(
  batches: AsyncGenerator<readonly RunEvent[]>,
  mayRead: () => Promise<boolean>,
): AsyncGenerator<readonly RunEvent[]> {
  let lookedAt = performance.now();
  for await (const batch of batches) {
    if (performance.now() - lookedAt > LOOK_MS) {
      if (!(await mayRead().catch(() => false))) return;
      lookedAt = performance.now();
    }
    yield batch;
  }
}

/** The element treats a stream as dead after ten more seconds of silence. */
const HEARTBEAT_MS = 15_000;

/**
 * The events of `cursors`' runs after the number each names: stored events first, then new ones until every
 * run has ended. Yields an empty batch as a heartbeat, so that a dead connection is noticed.
 */
export async function* followRuns(
  { database, feed, readLog }: FollowDeps,
  cursors: ReadonlyMap<string, number>,
  signal: AbortSignal,
): AsyncGenerator<readonly RunEvent[]> {
  const after = new Map<string, number>();
  const changed = new Set<string>();
  let news = Promise.withResolvers<void>();
  // Subscribes before reading, so that no event is missed in between.
  const unfollow = feed.follow([...cursors.keys()], (run) => {
    changed.add(run);
    news.resolve();
  });
  const stop = () => news.resolve();
  signal.addEventListener("abort", stop);
  try {
    for (const run of await present()) {
      const seen = Math.min(cursors.get(run.id)!, run.last_event);
      if (seen === run.last_event && run.ended_at !== null) continue;
      after.set(run.id, seen);
      if (seen < run.last_event) changed.add(run.id);
    }
    while (!signal.aborted) {
      for (const run of changed) {
        changed.delete(run);
        if (!after.has(run)) continue;
        const { events, more } = await readLog(run, after.get(run)!);
        if (more) changed.add(run);
        const last = events.at(-1);
        if (!last) continue;
        if (last.type === "ended") after.delete(run);
        else after.set(run, last.id);
        yield events;
      }
      if (after.size === 0) return;
      news = Promise.withResolvers();
      if (changed.size > 0 || signal.aborted) continue;
      const heartbeat = setTimeout(stop, HEARTBEAT_MS);
      await news.promise;
      clearTimeout(heartbeat);
      if (changed.size === 0 && !signal.aborted) yield [];
    }
  } finally {
    unfollow();
    signal.removeEventListener("abort", stop);
  }

  async function present() {
    const [only, ...others] = cursors.keys();
    if (only !== undefined && others.length === 0) return seenOf(database.queries, { id: only });
    return database.queries
      .selectFrom("runs")
      .select(["id", "last_event", "ended_at"])
      .where("id", "in", [...cursors.keys()])
      .execute();
  }
}
