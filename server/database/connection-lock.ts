/** Gives a resource to one user at a time, in the order in which they asked. */
export function createConnectionLock() {
  const waiting: (() => void)[] = [];
  let taken = false;
  return {
    /** Resolves once the resource is the caller's, until it calls `leave`. */
    async take(): Promise<void> {
      if (!taken) {
        taken = true;
        return;
      }
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.push(resolve);
      await promise;
    },

    leave(): void {
      const next = waiting.shift();
      if (next) next();
      else taken = false;
    },
  };
}

export type ConnectionLock = ReturnType<typeof createConnectionLock>;
