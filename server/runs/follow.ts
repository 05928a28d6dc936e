import type { RunEvent } from "../../protocol/events.ts";
import type { Database } from "../database/database.ts";
import type { Feed } from "./feed.ts";
import { eventOf, type Addresses } from "./view.ts";

export interface FollowDeps {
  database: Database;
  feed: Feed;
  addresses: Addresses;
}

const BATCH = 500;
const HEARTBEAT_MS = 15_000;

/**
 * The events of `cursors`' runs after the number each names, first those on record, then those that
 * come, until every run has ended. Yields an empty batch now and then, so that a dead connection shows.
 */
export async function* followRuns(
  { database, feed, addresses }: FollowDeps,
  cursors: ReadonlyMap<string, number>,
  signal: AbortSignal,
): AsyncGenerator<RunEvent[]> {
  const after = new Map(cursors);
  const open = new Set(cursors.keys());
  const changed = new Set(cursors.keys());
  let news = Promise.withResolvers<void>();
  const unfollow = feed.follow([...open], (run) => {
    changed.add(run);
    news.resolve();
  });
  const stop = () => news.resolve();
  signal.addEventListener("abort", stop);
  try {
    for (const run of await seenToTheEnd()) open.delete(run);
    while (!signal.aborted) {
      for (const run of changed) {
        changed.delete(run);
        const events = await eventsAfter(run, after.get(run)!);
        if (events.length === BATCH) changed.add(run);
        const last = events.at(-1);
        if (!last) continue;
        after.set(run, last.id);
        if (last.type === "ended") open.delete(run);
        yield events;
      }
      if (open.size === 0) return;
      if (changed.size > 0) continue;
      const heartbeat = setTimeout(stop, HEARTBEAT_MS);
      await news.promise;
      clearTimeout(heartbeat);
      news = Promise.withResolvers();
      if (changed.size === 0) yield [];
    }
  } finally {
    unfollow();
    signal.removeEventListener("abort", stop);
  }

  /** The runs whose last event a follower has seen already: they have nothing more to say. */
  async function seenToTheEnd(): Promise<string[]> {
    const ended = await database.queries
      .selectFrom("runs")
      .select(["id", "last_event"])
      .where("id", "in", [...cursors.keys()])
      .where("ended_at", "is not", null)
      .execute();
    return ended.filter((row) => after.get(row.id)! >= row.last_event).map((row) => row.id);
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
    return rows.map((row) => eventOf(addresses, row));
  }
}
