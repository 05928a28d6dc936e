/** Sequence numbers of one responder's claims, by which the server ignores duplicates. */
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
     * The answer to this claim is not awaited any more. The runs it gave must be named in `holding` from now on, or the
     * server gives them out again.
     */
    settle(number: number | undefined): void {
      if (number !== undefined) open.delete(number);
    },

    /** All lower numbers are settled. */
    from: () => Math.min(last + 1, ...open),
  };
}
