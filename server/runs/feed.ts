/** Tells followers within this process that a run's log has grown. It carries ids, never contents. */
export interface Feed {
  /** Calls `wake` after each change of one of `runs`; returns how to stop. */
  follow(runs: readonly string[], wake: (run: string) => void): () => void;
  changed(run: string): void;
  isFollowed(run: string): boolean;
}

export function createFeed(): Feed {
  const followers = new Map<string, Set<(run: string) => void>>();
  return {
    follow(runs, wake) {
      for (const run of runs) {
        const set = followers.get(run) ?? new Set();
        followers.set(run, set.add(wake));
      }
      return () => {
        for (const run of runs) {
          const set = followers.get(run);
          set?.delete(wake);
          if (set?.size === 0) followers.delete(run);
        }
      };
    },
    changed(run) {
      for (const wake of followers.get(run) ?? []) wake(run);
    },
    isFollowed: (run) => followers.has(run),
  };
}
