import { backoffMs } from "../../protocol/backoff.ts";

/**
 * Waits as long as the server wants, else longer with each of `tries`; then a page that is online again, or
 * looked at again, does not wait for the end of it. Throws the signal's reason.
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

/** Pages must not all come back at once, so half of the wait is random. */
const BACKOFF = { firstMs: 500, mostMs: 15_000 };

/** Milliseconds to wait after `tries` tries in vain, the first being 0. */
export function waitMs(tries: number): number {
  return backoffMs(tries + 1, BACKOFF, Math.random());
}

/** The page is online again; was asleep, frozen or kept aside; or is looked at again. */
const RETURNS = ["online", "pageshow", "resume", "visibilitychange"];

/** Calls `back` whenever the page has come back from where it may have lost its connections. */
export function onReturn(back: (event: Event) => void): () => void {
  const heard = (event: Event) => {
    if (document.visibilityState === "visible" || event.type === "online") back(event);
  };
  // `resume` and `visibilitychange` are the document's; the first of them does not bubble.
  for (const name of RETURNS) addEventListener(name, heard, { capture: true });
  return () => {
    for (const name of RETURNS) removeEventListener(name, heard, { capture: true });
  };
}
