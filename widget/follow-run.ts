import type { RunEvent } from "../protocol/events.ts";
import type { LocalInput } from "./run-view.ts";
import { getResult, getRun, RefusedError } from "./api.ts";
import { feedOf } from "./event-feed.ts";

/** Failures in a row after which a run is polled beside the attempts to open its stream again. */
const FAILURES_BEFORE_POLLING = 3;

/**
 * Hands everything that happens to the run to `take`, from the page's event stream, and by polling
 * where something between page and server does not let streams through; where the server is gone, by
 * its result on storage. Returns what ends it.
 */
export function followRun(
  server: string,
  run: { id: string; result_url: string },
  take: (input: RunEvent | LocalInput) => void,
): () => void {
  let polling = false;
  const leave = feedOf(server).follow(run.id, {
    event: take,
    trouble(failures) {
      if (failures === FAILURES_BEFORE_POLLING - 1) take({ type: "offline" });
      if (failures >= FAILURES_BEFORE_POLLING && !polling) void poll();
    },
  });

  async function poll(): Promise<void> {
    polling = true;
    try {
      // Anything but a plain no is the same trouble the stream has: its next attempt polls again.
      const view = await getRun(server, run.id).catch((error: unknown) => {
        if (error instanceof RefusedError) throw error;
      });
      // What the server wrote before it went away is on storage all the same.
      const result =
        (!view || view.ending) &&
        (await getResult(new URL(run.result_url, server).href).catch(() => undefined));
      if (result) take({ type: "result", result });
      else take(view ? { type: "polled", run: view } : { type: "offline" });
      if (result || view?.ending) leave();
    } catch (error) {
      take({ type: "refused", refusal: (error as RefusedError).refusal });
      leave();
    } finally {
      polling = false;
    }
  }
  return leave;
}
