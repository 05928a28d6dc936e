/**
 * Signals that arrive so soon after the first are the same request to stop: npm passes on what the process group
 * was already sent.
 */
const SAME_REQUEST_MS = 500;

/**
 * Calls `stop` at the first SIGINT, SIGTERM or SIGHUP. A second request ends the process at once, with `exitCode`.
 * Returns a function that stops listening.
 */
export function onStopSignal(stop: () => void, exitCode = 1): () => void {
  let first: number | undefined;
  const listener = () => {
    if (first !== undefined && performance.now() - first > SAME_REQUEST_MS) process.exit(exitCode);
    if (first !== undefined) return;
    first = performance.now();
    stop();
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, listener);
  return () => {
    for (const signal of signals) process.off(signal, listener);
  };
}
