/** Runs `work` one at a time. A call during a run has it run once more after it. */
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
    if (next) return next;
    if (!current) return begin();
    next = current
      .catch(() => {}) // Its own caller gets the error.
      .then(() => {
        next = undefined;
        return begin();
      });
    return next;
  };
  return Object.assign(run, {
    /** Resolves when no run is under way. */
    idle: async () => {
      while (current || next) await (next ?? current)?.catch(() => {});
    },
  });
}
