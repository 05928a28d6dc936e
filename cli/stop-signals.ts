/**
 * Signals that arrive so soon after the first are the same request to stop: npm passes on what the
 * process group was already sent.
 */
const SAME_REQUEST_MS = 500;

/** Resolves at the first SIGINT, SIGTERM or SIGHUP; a second request ends the process at once. */
export function untilStopped(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let first: number | undefined;
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.on(signal, () => {
        if (first !== undefined && performance.now() - first > SAME_REQUEST_MS) process.exit(1);
        first ??= performance.now();
        resolve(signal);
      });
    }
  });
}
