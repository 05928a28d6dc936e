import { setImmediate } from "node:timers/promises";

/** Far below a third of a lease, in which renewals are sent. */
const SLICE_MS = 20;

/** Divides long work into time slices, so that the event loop can renew leases and serve other calls. */
export interface Slices {
  /** Yields to the event loop if the current slice is used up. Rejects once the work is aborted. */
  pause(): Promise<void> | undefined;
}

export function slices(signal?: AbortSignal): Slices {
  let until = performance.now() + SLICE_MS;
  return {
    pause() {
      if (performance.now() < until) return undefined;
      return setImmediate(undefined, { signal }).then(() => {
        until = performance.now() + SLICE_MS;
      });
    },
  };
}
