import type { Trouble } from "./view.ts";

/** What the page shows while a part can't be loaded, or the server can't be reached. */
export function noAnswer(): Trouble {
  return { offline: !navigator.onLine, waitS: 0 };
}

/** Waits until the device is online again or `signal` aborts, at most a time that doubles to 15 s. */
function untilNextTry(tries: number, signal?: AbortSignal): Promise<unknown> {
  return new Promise((resolve) => {
    setTimeout(resolve, Math.min(500 * 2 ** tries, 15_000));
    addEventListener("online", resolve, { once: true });
    signal?.addEventListener("abort", resolve);
  });
}

/** Repeats `load` until it succeeds; undefined: that is not wanted any more. */
export async function untilLoaded<Value>(
  load: () => Promise<Value>,
  isWanted: () => boolean,
  failed?: () => void,
  signal?: AbortSignal,
): Promise<Value | undefined> {
  for (let tries = 0; isWanted(); tries++) {
    try {
      const value = await load();
      if (isWanted()) return value;
    } catch {
      if (isWanted()) failed?.();
      await untilNextTry(tries, signal);
    }
  }
  return undefined;
}
