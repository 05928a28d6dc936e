import type { RunRow } from "./record.ts";

/** Publishes run changes to the other parts of the server. */
export interface RunChanges {
  /** A run's state changed and is committed. */
  changed(row: RunRow): void;
  /** The amount of waiting work changed. */
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
