/** Marks of the states of a run that succeeds. */
export const PLAIN_MARKS = {
  queued: "M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 1 0 0-11",
  running: "M1.5 8h13",
  succeeded: "M3 8.6l3.3 3.2L13 4.6",
};
