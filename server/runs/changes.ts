import type { RunRow } from "./record.ts";

/** Tells the other parts of the server what happened to runs. */
export interface RunChanges {
  /** A run's state changed and is on record. */
  changed(row: RunRow): void;
  /** More or less work waits than before. */
  demand(): void;
  /** Calls `listener` for every later change, in the order of subscription. */
  subscribe(listener: Partial<Pick<RunChanges, "changed" | "demand">>): void;
}

export function createRunChanges(): RunChanges {
  const listeners: Parameters<RunChanges["subscribe"]>[0][] = [];
  return {
    changed: (row) => listeners.forEach((listener) => listener.changed?.(row)),
    demand: () => listeners.forEach((listener) => listener.demand?.()),
    subscribe: (listener) => void listeners.push(listener),
  };
}
