import type { RunEvent } from "../../protocol/events.ts";
import type { Database } from "../database/database.ts";
import type { Feed } from "./feed.ts";
import { eventOf, type Addresses } from "./view.ts";

export interface LogReadsDeps {
  database: Database;
  feed: Feed;
  addresses: Addresses;
  /** Resolves when the result of a run that ended can be read, or could not be stored for now. */
  resultStored: (run: string) => Promise<void>;
}

/** What a run's log has after an event; `more` where that is not all of it. */
export interface LogPart {
  events: readonly RunEvent[];
  more: boolean;
}

export type ReadLog = (run: string, after: number) => Promise<LogPart>;

const MOST_EVENTS = 500;

/**
 * Reads of the log that are shared: all who follow a run wake at once, and most of them have seen the same
 * of it. Whoever asks for what is being read already gets that, unless the log has grown meanwhile.
 */
export function createLogReads({ database, feed, addresses, resultStored }: LogReadsDeps): ReadLog {
  const parts = new Map<string, Promise<LogPart>>();

  async function read(run: string, after: number): Promise<LogPart> {
    const rows = await database.queries
      .selectFrom("events")
      .innerJoin("runs", "runs.id", "events.run")
      .select(["events.id", "events.at", "events.body", "runs.kind"])
      .where("events.run", "=", run)
      .where("events.id", ">", after)
      .orderBy("events.id")
      .limit(MOST_EVENTS)
      .execute();
    const events = rows.map((row) => eventOf(addresses, { id: run, kind: row.kind }, row));
    // Whoever hears of an end may read its result.
    if (events.at(-1)?.type === "ended") await resultStored(run);
    return { events, more: events.length === MOST_EVENTS };
  }

  return function readShared(run, after) {
    const key = `${run}:${after}`;
    const shared = parts.get(key);
    if (shared) return shared;
    const part = read(run, after);
    parts.set(key, part);
    const forget = () => {
      unfollow();
      if (parts.get(key) === part) parts.delete(key);
    };
    const unfollow = feed.follow([run], forget);
    // Those who woke with the first one ask before anything else happens.
    const soon = () => void setImmediate(forget);
    part.then(soon, soon);
    return part;
  };
}
