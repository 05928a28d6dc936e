import { sql } from "kysely";
import type { RunEvent } from "../../protocol/events.ts";
import type { Database } from "../database/database.ts";
import { fromJson } from "../database/json.ts";
import { prepared } from "../database/prepared.ts";
import type { Feed } from "./feed.ts";
import type { LogEntry, RunRow } from "./record.ts";
import { eventOf, type Addresses } from "./view.ts";

export interface LogReadsDeps {
  database: Database;
  feed: Feed;
  addresses: Addresses;
  /** Resolves when the result of a run that ended can be read, or could not be stored for now. */
  resultStored: (run: string) => Promise<void>;
}

/** The part of a run's log after an event; `more` where there is more to read. */
interface LogPart {
  events: readonly RunEvent[];
  more: boolean;
}

export type ReadLog = (run: string, after: number) => Promise<LogPart>;

export interface LogReads {
  readLog: ReadLog;
  /**
   * Gives the followers that were just woken what was appended to a run's log, so that they need not read it. Called
   * in the same turn as `feed.changed`, for events that are on the disk, the stored result of an end included.
   */
  offer: (run: Pick<RunRow, "id" | "kind">, appended: readonly LogEntry[]) => void;
}

const MAX_EVENTS = 500;

const eventsAfter = prepared((queries, { run, after }: { run: string; after: number }) =>
  queries
    .selectFrom("events")
    .innerJoin("runs", "runs.id", "events.run")
    .select(["events.id", "events.at", "events.body", "runs.kind"])
    .where("events.run", "=", run)
    .where("events.id", ">", after)
    .orderBy("events.id")
    // As a literal: where a limit is a parameter, SQLite plans the statement anew at each use.
    .limit(sql.lit(MAX_EVENTS)),
);

/**
 * Shared reads of the log: all followers of a run wake at once, and most have the same cursor. A reader
 * joins a read that is under way, unless the log has grown since it began.
 */
export function createLogReads({
  database,
  feed,
  addresses,
  resultStored,
}: LogReadsDeps): LogReads {
  const parts = new Map<string, Promise<LogPart>>();

  async function read(run: string, after: number): Promise<LogPart> {
    const rows = await eventsAfter(database.queries, { run, after });
    const events = rows.map(({ kind, body, ...entry }) =>
      eventOf(addresses, { id: run, kind }, { ...entry, body: fromJson(body) }),
    );
    const last = events.at(-1);
    if (last?.type !== "ended") return { events, more: events.length === MAX_EVENTS };
    // A follower that gets the end may read the result at once. What came before it waits for no storage.
    const end = resultStored(run).then(() => ({ events: [last], more: false }));
    const before = events.slice(0, -1);
    if (before.length === 0) return end;
    void share(run, before.at(-1)!.id, end);
    return { events: before, more: true };
  }

  /** Keeps a part for the followers that ask for it now. */
  function share(run: string, after: number, part: Promise<LogPart>): Promise<LogPart> {
    const key = `${run}:${after}`;
    parts.set(key, part);
    const forget = () => {
      unfollow();
      if (parts.get(key) === part) parts.delete(key);
    };
    const unfollow = feed.follow([run], forget);
    // Followers that woke together ask within the same turn of the event loop.
    const soon = () => void setImmediate(forget);
    part.then(soon, soon);
    return part;
  }

  return {
    readLog: (run, after) => parts.get(`${run}:${after}`) ?? share(run, after, read(run, after)),
    offer(run, appended) {
      const [first] = appended;
      if (!first || !feed.isFollowed(run.id)) return;
      const events = appended.map((entry) => eventOf(addresses, run, entry));
      void share(run.id, first.id - 1, Promise.resolve({ events, more: false }));
    },
  };
}
