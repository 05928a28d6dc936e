import type { RunEvent } from "../../protocol/events.ts";

/** Most runs start within this time, in ms; then the place in the queue is asked for. */
export const QUEUED_MS = 1_000;

/**
 * The events of some runs as one SSE stream. `EventSource` hides keep-alives, which detect a dead connection, and the
 * server's error and Retry-After.
 */
export class EventStream {
  readonly openedAt = Date.now();
  /** When something was received last, by the wall clock, which goes on while the device sleeps. */
  heardAt: number | undefined;
  last: RunEvent | undefined;
  /** Called for every chunk, keep-alives included. */
  heard: (() => void) | undefined;
  take: (event: RunEvent) => void;
  isOpen = true;
  /** Resolves when the stream ends or breaks, with the answer of a server that declines. */
  readonly end: Promise<Response | undefined>;
  readonly #closing = new AbortController();

  /** Each of `runs` has the number of the last event that is known: `run1:0`. */
  constructor(server: string, runs: readonly string[], take: (event: RunEvent) => void) {
    this.take = take;
    this.end = this.#read(`${server}/v1/events?runs=${runs.join(",")}`)
      .catch(() => undefined)
      .finally(() => (this.isOpen = false));
  }

  /** The stream is of one run, which has not started. */
  get isQueued(): boolean {
    return !this.last || this.last.type === "queued";
  }

  close(): void {
    this.#closing.abort();
  }

  async #read(url: string): Promise<Response | undefined> {
    const response = await fetch(url, { signal: this.#closing.signal, cache: "no-store" });
    if (!response.ok) return response;
    const chunks = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { done, value } = await chunks.read();
      if (done) return undefined;
      this.heardAt = Date.now();
      this.heard?.();
      const lines = (rest + value).split("\n");
      rest = lines.pop()!;
      for (const line of lines) {
        if (!line.startsWith("data:")) continue;
        const event = JSON.parse(line.slice(5)) as RunEvent;
        this.last = event;
        this.take(event);
      }
    }
  }
}
