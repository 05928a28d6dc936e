import type { RunEvent } from "../protocol/events.ts";
import { backoffMs } from "./api.ts";

export interface Follower {
  /** An event of its run, in order, each once. */
  event: (event: RunEvent) => void;
  /** The stream failed this many times in a row. */
  trouble: (failures: number) => void;
}

interface Entry {
  /** The last event it has. */
  after: number;
  follower: Follower;
}

/** Runs on one connection; the server takes no more. Further ones wait for a place. */
const MOST_RUNS = 64;
/** Joins closer together than this share one reopening, in ms. */
const JOIN_MS = 40;
/** A stream that lived this long was a good one: its end is not counted as a failure in a row. */
const GOOD_MS = 10_000;

/**
 * One event stream for all runs a page follows on one server: a browser grants six connections to a
 * server, and a page may hold more blocks than that. It reconnects by its own cursors, since
 * `Last-Event-ID` knows one run only.
 */
export class EventFeed {
  readonly #server: string;
  /** By run: two blocks of a page may share one run. */
  readonly #runs = new Map<string, Set<Entry>>();
  #source: EventSource | undefined;
  #openedAt = 0;
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(server: string) {
    this.#server = server;
  }

  /** Follows `run` from its first event until the returned function is called or the run ends. */
  follow(run: string, follower: Follower): () => void {
    const entry = { after: 0, follower };
    const entries = this.#runs.get(run) ?? new Set();
    this.#runs.set(run, entries.add(entry));
    if (!this.#timer) this.#reopenIn(this.#source ? JOIN_MS : 0);
    return () => {
      if (entries.delete(entry) && entries.size === 0) this.#leave(run);
    };
  }

  #leave(run: string): void {
    this.#runs.delete(run);
    if (this.#runs.size === 0) this.#close();
    else if (this.#runs.size >= MOST_RUNS && !this.#timer) this.#reopenIn(JOIN_MS);
  }

  #close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#source?.close();
    this.#source = undefined;
    this.#failures = 0;
  }

  #reopenIn(ms: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#open();
    }, ms);
  }

  #open(): void {
    this.#source?.close();
    const runs = [...this.#runs]
      .slice(0, MOST_RUNS)
      .map(([run, entries]) => `${run}:${Math.min(...[...entries].map(({ after }) => after))}`);
    const source = new EventSource(`${this.#server}/v1/events?runs=${runs.join(",")}`);
    this.#source = source;
    this.#openedAt = Date.now();
    source.addEventListener("message", this.#take);
    source.addEventListener("error", () => {
      if (source === this.#source) this.#failed(source);
    });
  }

  #failed(source: EventSource): void {
    source.close();
    this.#failures = Date.now() - this.#openedAt > GOOD_MS ? 0 : this.#failures + 1;
    const followers = [...this.#runs.values()].flatMap((entries) => [...entries]);
    for (const { follower } of followers) follower.trouble(this.#failures);
    // A follower may have left just now, the last one too.
    if (this.#runs.size > 0 && !this.#timer) this.#reopenIn(backoffMs(this.#failures - 1));
  }

  #take = ({ data }: MessageEvent<string>): void => {
    const event = JSON.parse(data) as RunEvent;
    const entries = this.#runs.get(event.run);
    this.#failures = 0;
    if (!entries) return;
    for (const entry of [...entries]) {
      // A follower that joined later is further back: it waits for the stream that begins with its event.
      if (event.id !== entry.after + 1) continue;
      entry.after = event.id;
      if (event.type === "ended") entries.delete(entry);
      entry.follower.event(event);
    }
    if (entries.size === 0) this.#leave(event.run);
  };
}

const feeds = new Map<string, EventFeed>();

/** The page's one feed of `server`: the only thing that elements share. */
export function feedOf(server: string): EventFeed {
  let feed = feeds.get(server);
  if (!feed) feeds.set(server, (feed = new EventFeed(server)));
  return feed;
}
