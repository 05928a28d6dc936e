import type { Logger } from "pino";

/** Work that nobody waits for: its failures are logged, and its end can be awaited. */
export function createBackground(log: Logger) {
  const running = new Set<Promise<unknown>>();
  let over = false;
  return {
    do(work: Promise<unknown>, failed: string): void {
      const watched = work
        .catch((error: unknown) => {
          if (!over) log.error({ err: error }, failed);
        })
        .finally(() => running.delete(watched));
      running.add(watched);
    },
    async settled(): Promise<void> {
      while (running.size > 0) await Promise.all(running);
    },
    /** What goes on without a database, or only then begins, can but fail: the next server does it. */
    end(): void {
      over = true;
    },
  };
}
