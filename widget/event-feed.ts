import type { RunEvent } from "../protocol/events.ts";
import { backoffMs } from "./api.ts";

export interface Follower {
  /** An event of its run, in order, each once. */
  event: (event: RunEvent) => void;
  /** The stream failed this many times in a row. */
  trouble: (failures: number) => void;
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
  readonly #runs = new Map<string, { after: number; follower: Follower }>();
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
    this.#runs.set(run, entry);
    if (!this.#timer) this.#reopenIn(this.#source ? JOIN_MS : 0);
    return () => {
      if (this.#runs.get(run) === entry) this.#leave(run);
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
    const runs = [...this.#runs].slice(0, MOST_RUNS).map(([run, { after }]) => `${run}:${after}`);
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
    for (const { follower } of this.#runs.values()) follower.trouble(this.#failures);
    // A follower may have left just now, the last one too.
    if (this.#runs.size > 0 && !this.#timer) this.#reopenIn(backoffMs(this.#failures - 1));
  }

  #take = ({ data }: MessageEvent<string>): void => {
    const event = JSON.parse(data) as RunEvent;
    const entry = this.#runs.get(event.run);
    if (!entry || event.id <= entry.after) return;
    this.#failures = 0;
    entry.after = event.id;
    if (event.type === "ended") this.#leave(event.run);
    entry.follower.event(event);
  };
}

const feeds = new Map<string, EventFeed>();

/** The page's one feed of `server`: the only thing that elements share. */
export function feedOf(server: string): EventFeed {
  let feed = feeds.get(server);
  if (!feed) feeds.set(server, (feed = new EventFeed(server)));
  return feed;
}
