/** After this time half of what a project has used counts. */
const HALF_LIFE_MS = 10_000;
/** A longer pause says nothing of how long the runs before it took. */
const MOST_MS = 5000;
/** Less than this many slot milliseconds is forgotten. */
const LEAST = 1;

/**
 * Slot milliseconds that each project of a pool has used lately. Runs of seconds and runs of milliseconds are
 * compared by it: in turns alone, the former would get nearly all of a machine.
 */
export function createSlotUse() {
  const used = new Map<string, number>();
  /** Slots in use since `at`. */
  let running: ReadonlyMap<string, number> = new Map();
  let at = 0;

  return {
    /** What each project has used by now. */
    readAt(now: number): ReadonlyMap<string, number> {
      const ms = Math.max(0, now - at);
      const left = 0.5 ** (ms / HALF_LIFE_MS);
      at = now;
      for (const [project, before] of used) {
        if (before * left < LEAST) used.delete(project);
        else used.set(project, before * left);
      }
      for (const [project, slots] of running) {
        used.set(project, (used.get(project) ?? 0) + slots * Math.min(ms, MOST_MS));
      }
      return used;
    },

    /** Sets the slots that are in use from now on. */
    setRunning(slots: ReadonlyMap<string, number>): void {
      running = slots;
    },
  };
}
