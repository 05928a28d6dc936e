import { feedOf, LOST } from "./event-feed.ts";
import { loadedOtherStates, loadOtherStates } from "./other-states-part.ts";
import { prepareOutput } from "./output.ts";
import { pause } from "./pause.ts";
import type { Following } from "./poll-run.ts";
import type { ViewInput } from "./run-view.ts";

/** Delay before polling a queued run's place, in ms: most runs start sooner. */
const QUEUED_MS = 1_000;
/** A reopened page gives its run up after this time without an answer, in ms: a restart takes less. */
const UNHEARD_MS = 30_000;

export interface FollowOptions {
  /** The server may have deleted the run: it is polled at once. */
  doubtful?: boolean;
}

/**
 * Passes the run's events to `take`. Polls the run if a proxy blocks event streams, and reads the result from
 * storage if the server is down. Returns a function that ends it.
 */
export function followRun(
  server: string,
  run: { id: string; result_url: string },
  receive: (input: ViewInput) => void,
  { doubtful = false }: FollowOptions = {},
): () => void {
  let looking: AbortController | undefined;
  const { take, stop } = inOrder(receive);
  const unheardAt = doubtful ? Date.now() + UNHEARD_MS : Infinity;
  const following: Following = { server, run, take, leave, lost: false, unheardAt };
  const leaveFeed = feedOf(server).follow(run.id, {
    event(event) {
      looking?.abort();
      following.unheardAt = Infinity;
      take(event);
      // The place in the queue is in no event: it changes with every other run.
      if (event.type === "queued") look(QUEUED_MS);
    },
    trouble(failures) {
      const wasLost = following.lost;
      following.lost = failures >= LOST;
      if (failures === 0) take({ type: "online" });
      else if (failures === LOST - 1)
        take({ type: "trouble", trouble: { offline: !navigator.onLine, waitS: 0 } });
      if (following.lost && !wasLost) look(0);
    },
  });
  if (doubtful) look(0);
  return () => {
    stop();
    leave();
  };

  function leave(): void {
    leaveFeed();
    looking?.abort();
  }

  function look(inMs: number): void {
    looking?.abort();
    const { signal } = (looking = new AbortController());
    poll(inMs, signal).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }

  async function poll(inMs: number, signal: AbortSignal): Promise<void> {
    // A run that starts meanwhile needs no part that polls.
    if (inMs > 0) await pause(inMs, 0, signal);
    for (let tries = 0; ; tries++) {
      const part = await loadOtherStates();
      signal.throwIfAborted();
      if (part) return part.pollRun(following, signal);
      if (navigator.onLine && Date.now() > following.unheardAt) {
        take({ type: "unheard" });
        return leave();
      }
      await pause(undefined, tries, signal);
    }
  }
}

/** States of which the run part knows nothing. If their part can't be loaded, the state before them stays. */
function prepareOther({ type }: ViewInput): Promise<unknown> | undefined {
  const isOther = type === "waking" || type === "retrying";
  return isOther && !loadedOtherStates() ? loadOtherStates() : undefined;
}

/** Passes inputs on in their order: output with control characters waits for the module that reads them. */
function inOrder(receive: (input: ViewInput) => void) {
  let waiting: Promise<unknown> | undefined;
  let stopped = false;
  return {
    take(input: ViewInput): void {
      const ready = input.type === "output" ? prepareOutput(input.text) : prepareOther(input);
      if (!waiting && !ready) return receive(input);
      const turn = Promise.all([waiting, ready]).then(() => {
        if (waiting === turn) waiting = undefined;
        if (!stopped) receive(input);
      });
      waiting = turn;
    },
    stop(): void {
      stopped = true;
    },
  };
}
