/** The claims of one responder, each try under a number of its own. */
export type ClaimNumbers = ReturnType<typeof claimNumbers>;

export function claimNumbers() {
  let last = 0;
  const open = new Set<number>();
  return {
    take(): number {
      open.add(++last);
      return last;
    },

    /**
     * Its answer is not waited for any more. Whoever got runs by it names them from this very moment on, or
     * the server would give them to others.
     */
    settle(number: number | undefined): void {
      if (number !== undefined) open.delete(number);
    },

    /** All lower numbers are settled. */
    from: () => Math.min(last + 1, ...open),
  };
}
