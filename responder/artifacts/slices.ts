import { setImmediate } from "node:timers/promises";

/** Far below a third of a lease, in which renewals are sent. */
const SLICE_MS = 20;

/** Divides long work, so that renewals of leases and calls of others have their turn. */
export interface Slices {
  /** Resolves after others had their turn, where the work has gone on for a slice. Rejects once it is aborted. */
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
