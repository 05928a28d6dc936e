/** A difference up to this is a clock that is being corrected, or a slow machine. */
const JUMP_MS = 5000;

/**
 * Tells by how many milliseconds the wall clock jumped since it was last asked, 0 for none: somebody set
 * it, or the machine slept. Times on record mean little after that. `steady` is a clock that never jumps.
 */
export function createClockWatch(wall: () => number, steady: () => number): () => number {
  let last = wall() - steady();
  return () => {
    const before = last;
    last = wall() - steady();
    return Math.abs(last - before) > JUMP_MS ? last - before : 0;
  };
}
