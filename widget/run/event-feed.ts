import type { RunEvent } from "../../protocol/events.ts";
import { isTemporary, waitOf } from "./answers.ts";
import type { EventStream } from "./event-stream.ts";
import { onReturn, waitMs } from "./pause.ts";

export interface Follower {
  /** Takes the run's events in order, each exactly once. */
  event: (event: RunEvent) => void;
  /** Takes the count of consecutive stream failures; 0: the stream is alive again. */
  trouble: (failures: number) => void;
}

interface Entry {
  /** Number of the last event that the follower received. */
  after: number;
  follower: Follower;
}

/** Consecutive failures after which followers poll as well. */
export const LOST = 3;
/** The server's limit of runs on one stream. Further runs wait until one ends. */
const MAX_RUNS = 64;
/** New followers within this time share one reconnection. */
const JOIN_MS = 40;
/** A stream that lived this long was healthy: its end starts a new count of failures. */
const GOOD_MS = 10_000;
/** The server sends at once: after this silence a proxy must be buffering the stream. */
const OPENING_MS = 3_000;
/** The server sends a keep-alive every 15 s: a connection is dead after this silence. */
const SILENT_MS = 25_000;
/** After a sleep or freeze of the page, a connection is replaced after this silence. */
const DOUBTFUL_MS = 16_000;
const LOOK_MS = 1_000;

/**
 * One event stream for all runs that a page follows on one server, because a browser opens only six
 * connections to a server. It reconnects with a cursor for each run; `Last-Event-ID` has room for one.
 */
export class EventFeed {
  readonly #server: string;
  readonly #Stream: typeof EventStream;
  /** Followers by run: two blocks of a page may share a run. */
  readonly #runs = new Map<string, Set<Entry>>();
  #stream: EventStream | undefined;
  #failures = 0;
  /** The count of failures that followers received last. */
  #told = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The wait for the next stream is the server's Retry-After. */
  #bidden = false;
  #watch: ReturnType<typeof setInterval> | undefined;
  #forget: () => void = () => {};

  constructor(server: string, Stream: typeof EventStream) {
    this.#server = server;
    this.#Stream = Stream;
  }

  /**
   * Follows `run` until the returned function is called or the run ends: from its first event, or where its own stream
   * `begun` is.
   */
  follow(run: string, follower: Follower, begun?: EventStream): () => void {
    const entry = { after: begun?.last?.id ?? 0, follower };
    const entries = this.#runs.get(run) ?? new Set();
    const isFirst = this.#runs.size === 0;
    if (isFirst) this.#begin();
    this.#runs.set(run, entries.add(entry));
    if (isFirst && begun) this.#use(begun);
    else {
      begun?.close();
      if (!this.#timer) this.#reopenIn(this.#stream ? JOIN_MS : 0);
    }
    // The next attempt may be far off.
    if (this.#told >= LOST) follower.trouble(this.#told);
    return () => {
      if (entries.delete(entry) && entries.size === 0) this.#leave(run);
    };
  }

  #leave(run: string): void {
    this.#runs.delete(run);
    if (this.#runs.size === 0) this.#end();
    else if (this.#runs.size >= MAX_RUNS && !this.#timer) this.#reopenIn(JOIN_MS);
  }

  #begin(): void {
    this.#watch = setInterval(this.#look, LOOK_MS);
    this.#forget = onReturn(this.#returned);
    // An open connection would keep the page out of the back/forward cache.
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
    this.#stream?.close();
    this.#stream = undefined;
  };

  #reopenIn(ms: number): void {
    this.#timer = setTimeout(() => this.#open(), ms);
  }

  #open(): void {
    this.#close();
    const runs = [...this.#runs]
      .slice(0, MAX_RUNS)
      .map(([run, entries]) => `${run}:${Math.min(...[...entries].map(({ after }) => after))}`);
    this.#use(new this.#Stream(this.#server, runs, this.#take));
  }

  #use(stream: EventStream): void {
    this.#stream = stream;
    this.#bidden = false;
    stream.heard = () => this.#tell(0);
    stream.take = this.#take;
    void stream.end.then((answer) => {
      if (stream === this.#stream) this.#failed(answer);
    });
  }

  #failed(answer?: Response, silent = false): void {
    const { heardAt, openedAt = 0 } = this.#stream ?? {};
    this.#close();
    // A proxy may pass each stream's first bytes and hold back the rest: a silent stream was not healthy.
    const good = !silent && heardAt !== undefined && Date.now() - openedAt > GOOD_MS;
    this.#failures = good ? 0 : this.#failures + 1;
    const wanted = answer && waitOf(answer);
    // A refused stream is no refused run: followers poll.
    const declined = answer && (wanted !== undefined || !isTemporary(answer.status));
    this.#tell(declined ? Math.max(LOST, this.#failures) : this.#failures);
    // The last follower may have left during `#tell`.
    if (this.#runs.size === 0 || this.#timer) return;
    this.#bidden = wanted !== undefined;
    this.#reopenIn(wanted ?? waitMs(this.#failures - 1));
  }

  #look = (): void => {
    if (!this.#stream) return;
    const silent = silenceOf(this.#stream);
    if (silent > SILENT_MS) this.#failed(undefined, true);
    else if (this.#stream.heardAt === undefined && silent > OPENING_MS && this.#told < LOST) {
      this.#tell(LOST);
    }
  };

  #returned = ({ type }: Event): void => {
    const doubtful = this.#stream && silenceOf(this.#stream) > DOUBTFUL_MS;
    // A page from the back/forward cache has no timer for Retry-After any more, so it reconnects.
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
      // A follower that joined later needs earlier events first: it waits for the next stream.
      if (event.id !== entry.after + 1) continue;
      entry.after = event.id;
      if (event.type === "ended") entries.delete(entry);
      entry.follower.event(event);
    }
    if (entries.size === 0) this.#leave(event.run);
  };
}

/** How long nothing was received, in ms. */
function silenceOf({ heardAt, openedAt }: EventStream): number {
  return Date.now() - (heardAt ?? openedAt);
}

const feeds = new Map<string, EventFeed>();

/** Returns the page's feed of `server`, which its elements share; `Stream` is the run part's. */
export function feedOf(server: string, Stream: typeof EventStream): EventFeed {
  let feed = feeds.get(server);
  if (!feed) feeds.set(server, (feed = new EventFeed(server, Stream)));
  return feed;
}
