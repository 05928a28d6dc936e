import { backoffMs } from "../../protocol/backoff.ts";

/**
 * Waits for `wantedMs`, the server's Retry-After, or else with backoff by `tries`. A backoff ends early when
 * the page comes back online or into view. Throws the signal's reason.
 */
export function pause(
  wantedMs: number | undefined,
  tries: number,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const over = () => {
      clearTimeout(timer);
      forget();
      signal.removeEventListener("abort", over);
      if (signal.aborted) reject(signal.reason as Error);
      else resolve();
    };
    const timer = setTimeout(over, wantedMs ?? waitMs(tries));
    const forget = wantedMs === undefined ? onReturn(over) : () => {};
    signal.addEventListener("abort", over);
  });
}

/** Half of the wait is random, so that pages do not all return at once. */
const BACKOFF = { firstMs: 500, maxMs: 15_000 };

/** Returns the backoff in ms; `tries` is 0 after the first failure. */
export function waitMs(tries: number): number {
  return backoffMs(tries + 1, BACKOFF, Math.random());
}

/** Events of a page that is online again, resumed after a freeze or from the back/forward cache, or visible again. */
const RETURNS = ["online", "pageshow", "resume", "visibilitychange"];

/** Calls `back` when the page returns from a state in which it may have lost its connections. */
export function onReturn(back: (event: Event) => void): () => void {
  const heard = (event: Event) => {
    if (document.visibilityState === "visible" || event.type === "online") back(event);
  };
  // Captured, because `resume` is the document's and does not bubble.
  for (const name of RETURNS) addEventListener(name, heard, { capture: true });
  return () => {
    for (const name of RETURNS) removeEventListener(name, heard, { capture: true });
  };
}
