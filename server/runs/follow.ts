import type { RunEvent } from "../../protocol/events.ts";
import type { Database } from "../database/database.ts";
import type { Feed } from "./feed.ts";
import type { RunRow } from "./record.ts";
import { eventOf, type Addresses } from "./view.ts";

export interface FollowDeps {
  database: Database;
  feed: Feed;
  addresses: Addresses;
  /** Resolves when the result of a run that ended can be read, or could not be stored for now. */
  resultStored: (run: string) => Promise<void>;
}

const BATCH = 500;
const HEARTBEAT_MS = 15_000;

/**
 * The events of `cursors`' runs after the number each names, first those on record, then those that
 * come, until every run has ended. Yields an empty batch now and then, so that a dead connection shows.
 */
export async function* followRuns(
  { database, feed, addresses, resultStored }: FollowDeps,
  cursors: ReadonlyMap<string, number>,
  signal: AbortSignal,
): AsyncGenerator<RunEvent[]> {
  const after = new Map<string, number>();
  const kinds = new Map<string, RunRow["kind"]>();
  const changed = new Set<string>();
  let news = Promise.withResolvers<void>();
  // Listening begins before reading, so that nothing comes unnoticed in between.
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
      kinds.set(run.id, run.kind);
      if (seen < run.last_event) changed.add(run.id);
    }
    while (!signal.aborted) {
      for (const run of changed) {
        changed.delete(run);
        if (!after.has(run)) continue;
        const events = await eventsAfter(run, after.get(run)!);
        if (events.length === BATCH) changed.add(run);
        const last = events.at(-1);
        if (!last) continue;
        after.set(run, last.id);
        if (last.type === "ended") {
          after.delete(run);
          await resultStored(run);
        }
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

  async function present(): Promise<Pick<RunRow, "id" | "kind" | "last_event" | "ended_at">[]> {
    return database.queries
      .selectFrom("runs")
      .select(["id", "kind", "last_event", "ended_at"])
      .where("id", "in", [...cursors.keys()])
      .execute();
  }

  async function eventsAfter(run: string, id: number): Promise<RunEvent[]> {
    const rows = await database.queries
      .selectFrom("events")
      .selectAll()
      .where("run", "=", run)
      .where("id", ">", id)
      .orderBy("id")
      .limit(BATCH)
      .execute();
    return rows.map((row) => eventOf(addresses, { id: run, kind: kinds.get(run)! }, row));
  }
}
