/**
 * Returns a function that does `work` at once, unless that was done within the last `ms`: then once after them, for all
 * calls in between.
 */
export function atMostEvery(ms: number, work: () => void): () => void {
  let resting: NodeJS.Timeout | undefined;
  let again = false;
  return function call(): void {
    if (resting) {
      again = true;
      return;
    }
    work();
    resting = setTimeout(() => {
      resting = undefined;
      if (!again) return;
      again = false;
      call();
    }, ms).unref();
  };
}
