import type { RunView } from "../../protocol/run.ts";
import { getResult, getRun, PassingError, RefusedError } from "./api.ts";
import { feedOf, LOST } from "./event-feed.ts";
import { prepareOutput } from "./output.ts";
import { pause } from "./pause.ts";
import type { ViewInput } from "./run-view.ts";

/** Delay before polling a queued run's place, in ms: most runs start sooner. */
const QUEUED_MS = 1_000;
/** A reopened page gives its run up after this time without an answer, in ms: a restart takes less. */
const UNHEARD_MS = 30_000;
/** Attempts to read an ended run's result before the run is shown without it. */
const RESULT_TRIES = 3;

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
  let unheardAt = doubtful ? Date.now() + UNHEARD_MS : Infinity;
  let looking: AbortController | undefined;
  let lost = false;
  const { take, stop } = inOrder(receive);
  const leaveFeed = feedOf(server).follow(run.id, {
    event(event) {
      looking?.abort();
      unheardAt = Infinity;
      take(event);
      // The place in the queue is in no event: it changes with every other run.
      if (event.type === "queued") look(QUEUED_MS);
    },
    trouble(failures) {
      const wasLost = lost;
      lost = failures >= LOST;
      if (failures === 0) take({ type: "online" });
      else if (failures === LOST - 1)
        take({ type: "trouble", trouble: new PassingError().trouble });
      if (lost && !wasLost) look(0);
    },
  });
  const leave = () => {
    leaveFeed();
    looking?.abort();
  };
  if (doubtful) look(0);
  return () => {
    stop();
    leave();
  };

  function look(inMs: number): void {
    looking?.abort();
    const { signal } = (looking = new AbortController());
    poll(inMs, signal).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }

  async function poll(firstMs: number, signal: AbortSignal): Promise<void> {
    let waitMs: number | undefined = firstMs;
    let [failures, ends] = [0, 0];
    for (;;) {
      if (waitMs !== 0) await pause(waitMs, failures, signal);
      const found = await getRun(server, run.id).catch((error: Error) => error);
      const view = found instanceof Error ? undefined : found;
      if (view) unheardAt = Infinity;
      if (view?.ending) ends++;
      // The server may have stored the result before it went down.
      const result = (!view || view.ending) && (await storedResult());
      if (signal.aborted) return;
      if (result) take({ type: "result", result });
      else if (found instanceof RefusedError) take({ type: "refused", refusal: found.refusal });
      else if (view && (!view.ending || ends === RESULT_TRIES)) take({ type: "polled", run: view });
      // While the device is offline, polling costs nothing and goes on.
      else if (navigator.onLine && Date.now() > unheardAt) {
        take({ type: "unheard" });
        return leave();
      } else if (found instanceof PassingError && lost)
        take({ type: "trouble", trouble: found.trouble });
      if (result || found instanceof RefusedError || ends === RESULT_TRIES) return leave();
      if (view && !lost && view.state !== "queued") return;
      failures = view ? 0 : failures + 1;
      waitMs = view ? nextLookMs(view) : (found as PassingError).retryAfterMs;
    }
  }

  async function storedResult() {
    return getResult(new URL(run.result_url, server).href).catch(() => undefined);
  }

  /** A run further back in the queue is polled less often. */
  function nextLookMs({ position = 0 }: RunView): number {
    const seconds = lost ? 2 : Math.min(60, 2 + position);
    return 1000 * seconds * (1 + Math.random() / 2);
  }
}

/** Passes inputs on in their order: output with control characters waits for the module that reads them. */
function inOrder(receive: (input: ViewInput) => void) {
  let waiting: Promise<void> | undefined;
  let stopped = false;
  return {
    take(input: ViewInput): void {
      const ready = input.type === "output" ? prepareOutput(input.text) : undefined;
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
