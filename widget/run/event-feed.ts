import type { RunEvent } from "../../protocol/events.ts";
import { PassingError, RefusedError } from "./api.ts";
import { readEvents } from "./event-stream.ts";
import { onReturn, waitMs } from "../element/pause.ts";

export interface Follower {
  /** An event of its run, in order, each once. */
  event: (event: RunEvent) => void;
  /** The stream failed this many times in a row; none: it is alive again. */
  trouble: (failures: number) => void;
}

interface Entry {
  /** The last event it has. */
  after: number;
  follower: Follower;
}

/** Failures in a row after which followers ask for their runs beside the attempts to open a stream. */
export const LOST = 3;
/** Runs on one connection; the server takes no more. Further ones wait for a place. */
const MOST_RUNS = 64;
/** Joins closer together than this share one reopening, in ms. */
const JOIN_MS = 40;
/** A stream that lived this long was a good one: its end is not counted as a failure in a row. */
const GOOD_MS = 10_000;
/** The server says something at once; what holds that back holds back what follows. */
const OPENING_MS = 3_000;
/** The server gives a sign of life every 15 s: a connection without one is dead. */
const SILENT_MS = 25_000;
/** Silence that makes a connection doubtful once the page was away, asleep for instance. */
const DOUBTFUL_MS = 16_000;
const LOOK_MS = 1_000;

/**
 * One event stream for all runs a page follows on one server: a browser grants six connections to a
 * server, and a page may hold more blocks than that. It reconnects by its own cursors, since
 * `Last-Event-ID` knows one run only.
 */
export class EventFeed {
  readonly #server: string;
  /** By run: two blocks of a page may share one run. */
  readonly #runs = new Map<string, Set<Entry>>();
  #stream: AbortController | undefined;
  #openedAt = 0;
  /** When the server was last heard on this stream; by the wall clock, which goes on in a sleep. */
  #heardAt: number | undefined;
  #failures = 0;
  /** What followers were last told. */
  #told = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The server itself said when it is to be asked again. */
  #bidden = false;
  #watch: ReturnType<typeof setInterval> | undefined;
  #forget: () => void = () => {};

  constructor(server: string) {
    this.#server = server;
  }

  /** Follows `run` from its first event until the returned function is called or the run ends. */
  follow(run: string, follower: Follower): () => void {
    const entry = { after: 0, follower };
    const entries = this.#runs.get(run) ?? new Set();
    if (this.#runs.size === 0) this.#begin();
    this.#runs.set(run, entries.add(entry));
    if (!this.#timer) this.#reopenIn(this.#stream ? JOIN_MS : 0);
    // The next try may be far off.
    if (this.#told >= LOST) follower.trouble(this.#told);
    return () => {
      if (entries.delete(entry) && entries.size === 0) this.#leave(run);
    };
  }

  #leave(run: string): void {
    this.#runs.delete(run);
    if (this.#runs.size === 0) this.#end();
    else if (this.#runs.size >= MOST_RUNS && !this.#timer) this.#reopenIn(JOIN_MS);
  }

  #begin(): void {
    this.#watch = setInterval(this.#look, LOOK_MS);
    this.#forget = onReturn(this.#returned);
    // A page that holds a connection can't be kept aside for the Back button.
    addEventListener("pagehide", this.#close);
  }

  #end(): void {
    this.#close();
    clearInterval(this.#watch);
    this.#forget();
    removeEventListener("pagehide", this.#close);
    this.#failures = this.#told = 0;
  }

  #close = (): void => {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#stream?.abort();
    this.#stream = undefined;
  };

  #reopenIn(ms: number): void {
    this.#timer = setTimeout(() => this.#open(), ms);
  }

  #open(): void {
    this.#close();
    const runs = [...this.#runs]
      .slice(0, MOST_RUNS)
      .map(([run, entries]) => `${run}:${Math.min(...[...entries].map(({ after }) => after))}`);
    const stream = (this.#stream = new AbortController());
    this.#openedAt = Date.now();
    this.#heardAt = undefined;
    this.#bidden = false;
    const failed = (error?: unknown) => {
      if (stream === this.#stream) this.#failed(error);
    };
    readEvents(`${this.#server}/v1/events?runs=${runs.join(",")}`, {
      signal: stream.signal,
      heard: () => {
        this.#heardAt = Date.now();
        this.#tell(0);
      },
      take: this.#take,
    }).then(failed, failed);
  }

  #failed(error?: unknown, silent = false): void {
    this.#close();
    // What lets the first of each stream through and nothing after it must not pass for a good one.
    const good = !silent && this.#heardAt !== undefined && Date.now() - this.#openedAt > GOOD_MS;
    this.#failures = good ? 0 : this.#failures + 1;
    const wanted = error instanceof PassingError ? error.retryAfterMs : undefined;
    // What the server says of the stream is not what it says of the run.
    const declined = wanted !== undefined || error instanceof RefusedError;
    this.#tell(declined ? Math.max(LOST, this.#failures) : this.#failures);
    // A follower may have left just now, the last one too.
    if (this.#runs.size === 0 || this.#timer) return;
    this.#bidden = wanted !== undefined;
    this.#reopenIn(wanted ?? waitMs(this.#failures - 1));
  }

  #look = (): void => {
    if (!this.#stream) return;
    const silent = Date.now() - (this.#heardAt ?? this.#openedAt);
    if (silent > SILENT_MS) this.#failed(undefined, true);
    else if (this.#heardAt === undefined && silent > OPENING_MS && this.#told < LOST) {
      this.#tell(LOST);
    }
  };

  #returned = ({ type }: Event): void => {
    const doubtful = Date.now() - (this.#heardAt ?? this.#openedAt) > DOUBTFUL_MS;
    // Where the page was kept aside, nobody waits for that time any more.
    const waits = this.#bidden && this.#timer;
    if (!waits && (!this.#stream || doubtful || type === "online")) this.#open();
  };

  #tell(failures: number): void {
    if (failures === 0 && this.#told === 0) return;
    this.#told = failures;
    const followers = [...this.#runs.values()].flatMap((entries) => [...entries]);
    for (const { follower } of followers) follower.trouble(failures);
  }

  #take = (event: RunEvent): void => {
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
