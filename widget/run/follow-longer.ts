import { feedOf, LOST } from "./event-feed.ts";
import { QUEUED_MS, type EventStream } from "./event-stream.ts";
import type { loadOtherStates } from "./other-states-part.ts";
import { noAnswer } from "../element/next-try.ts";
import { pause } from "./pause.ts";
import type { Following } from "./poll-run.ts";
import type { ViewInput } from "./run-view.ts";

/** A reopened page gives its run up after this time without an answer, in ms: a restart takes less. */
const UNHEARD_MS = 30_000;

export interface FollowedRun {
  server: string;
  run: { id: string; result_url: string };
  take: (input: ViewInput) => void;
  /** Ends it. */
  signal: AbortSignal;
  /** The run's own stream, which this goes on with. */
  stream: EventStream | undefined;
  /** The server may have deleted the run: it is polled at once. */
  doubtful: boolean;
  /** Passed on, not imported: Chromium never loads an address again that it failed to load once, as that of the run part. */
  EventStream: typeof EventStream;
  loadOtherStates: typeof loadOtherStates;
}

/**
 * Follows a run on the stream that the page's runs share. Polls the run if a proxy blocks event streams, and reads the
 * result from storage if the server is down.
 */
export function followLonger(options: FollowedRun): void {
  const { server, run, take, signal, stream, doubtful } = options;
  let looking: AbortController | undefined;
  const unheardAt = doubtful ? Date.now() + UNHEARD_MS : Infinity;
  const following: Following = { server, run, take, leave, lost: false, unheardAt };
  // The place in the queue is in no event: it changes with every other run.
  const waits = stream?.isQueued;
  const leaveFeed = feedOf(server, options.EventStream).follow(
    run.id,
    {
      event(event) {
        looking?.abort();
        following.unheardAt = Infinity;
        if (event.type === "queued") look(QUEUED_MS);
        take(event);
      },
      trouble(failures) {
        const wasLost = following.lost;
        following.lost = failures >= LOST;
        if (failures === 0) take({ type: "online" });
        else if (failures === LOST - 1) take({ type: "trouble", trouble: noAnswer() });
        if (following.lost && !wasLost) look(0);
      },
    },
    stream,
  );
  signal.addEventListener("abort", leave);
  if (doubtful) look(0);
  else if (stream && waits) look(Math.max(0, stream.openedAt + QUEUED_MS - Date.now()));

  function leave(): void {
    leaveFeed();
    looking?.abort();
  }

  function look(inMs: number): void {
    looking?.abort();
    const { signal: ended } = (looking = new AbortController());
    poll(inMs, ended).catch((error: unknown) => {
      if (!ended.aborted) throw error;
    });
  }

  async function poll(inMs: number, ended: AbortSignal): Promise<void> {
    // A run that starts meanwhile needs no part that polls.
    if (inMs > 0) await pause(inMs, 0, ended);
    for (let tries = 0; ; tries++) {
      const part = await options.loadOtherStates();
      ended.throwIfAborted();
      if (part) return part.pollRun(following, ended);
      if (navigator.onLine && Date.now() > following.unheardAt) {
        take({ type: "unheard" });
        return leave();
      }
      await pause(undefined, tries, ended);
    }
  }
}
