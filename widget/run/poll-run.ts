import type { RunView } from "../../protocol/run.ts";
import { getResult, getRun, PassingError, RefusedError } from "./api.ts";
import { pause } from "./pause.ts";
import type { ViewInput } from "./run-view.ts";

/** Attempts to read an ended run's result before the run is shown without it. */
const RESULT_TRIES = 3;

/** What polling shares with the events of the run. */
export interface Following {
  server: string;
  run: { id: string; result_url: string };
  take: (input: ViewInput) => void;
  /** Ends the events too. */
  leave: () => void;
  /** The event stream fails. */
  lost: boolean;
  /** When the run is given up, if nothing was heard of it, in ms. */
  unheardAt: number;
}

/** Polls the run from now on: its place in the queue, and all of it while the event stream fails. */
export async function pollRun(following: Following, signal: AbortSignal): Promise<void> {
  const { server, run, take, leave } = following;
  let waitMs: number | undefined = 0;
  let [failures, ends] = [0, 0];
  for (;;) {
    if (waitMs !== 0) await pause(waitMs, failures, signal);
    const found = await getRun(server, run.id).catch((error: Error) => error);
    const view = found instanceof Error ? undefined : found;
    if (view) following.unheardAt = Infinity;
    if (view?.ending) ends++;
    // The server may have stored the result before it went down.
    const result = (!view || view.ending) && (await storedResult(following));
    if (signal.aborted) return;
    if (result) take({ type: "result", result });
    else if (found instanceof RefusedError) take({ type: "refused", refusal: found.refusal });
    else if (view && (!view.ending || ends === RESULT_TRIES)) take({ type: "polled", run: view });
    // While the device is offline, polling costs nothing and goes on.
    else if (navigator.onLine && Date.now() > following.unheardAt) {
      take({ type: "unheard" });
      return leave();
    } else if (found instanceof PassingError && following.lost)
      take({ type: "trouble", trouble: found.trouble });
    if (result || found instanceof RefusedError || ends === RESULT_TRIES) return leave();
    if (view && !following.lost && view.state !== "queued") return;
    failures = view ? 0 : failures + 1;
    waitMs = view ? nextLookMs(view, following) : (found as PassingError).retryAfterMs;
  }
}

async function storedResult({ run, server }: Following) {
  return getResult(new URL(run.result_url, server).href).catch(() => undefined);
}

/** A run further back in the queue is polled less often. */
function nextLookMs({ position = 0 }: RunView, { lost }: Following): number {
  const seconds = lost ? 2 : Math.min(60, 2 + position);
  return 1000 * seconds * (1 + Math.random() / 2);
}
