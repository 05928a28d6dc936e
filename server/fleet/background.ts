import type { Logger } from "pino";

export type Background = ReturnType<typeof createBackground>;

/** Work that no caller awaits: its failures are logged, and its end can be awaited. */
export function createBackground(log: Logger) {
  const running = new Set<Promise<unknown>>();
  let over = false;
  return {
    run(work: Promise<unknown>, failed: string): void {
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
    /** Failures are no longer logged: the database closes, and the next server repeats the work. */
    end(): void {
      over = true;
    },
  };
}
