import type { Logger } from "pino";

/** Work that nobody waits for: its failures are logged, and its end can be awaited. */
export function createBackground(log: Logger) {
  const running = new Set<Promise<unknown>>();
  return {
    do(work: Promise<unknown>, failed: string): void {
      const watched = work
        .catch((error: unknown) => log.error({ err: error }, failed))
        .finally(() => running.delete(watched));
      running.add(watched);
    },
    async settled(): Promise<void> {
      while (running.size > 0) await Promise.all(running);
    },
  };
}
