/** Runs `work` one at a time; a call during a run makes it run once more, with what is new then. */
export function oneAtATime(work: () => Promise<void>) {
  let current: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  const begin = (): Promise<void> => {
    current = work().finally(() => {
      current = undefined;
    });
    return current;
  };
  const run = (): Promise<void> => {
    // One that is about to begin sees what is new as well, also while the one before it is just over.
    if (next) return next;
    if (!current) return begin();
    next = current
      .catch(() => {}) // Its own caller hears of it.
      .then(() => {
        next = undefined;
        return begin();
      });
    return next;
  };
  return Object.assign(run, {
    /** Resolves when nothing is under way. */
    idle: async () => {
      while (current || next) await (next ?? current)?.catch(() => {});
    },
  });
}
