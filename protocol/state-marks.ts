import { PLAIN_MARKS } from "./plain-marks.ts";
import type { RunState } from "./run.ts";

/** SVG paths of 16 by 16. The marks of two states differ in shape, not only in colour. */
export const STATE_MARKS: Record<RunState, string> = {
  ...PLAIN_MARKS,
  canceled: "M4 4h8v8H4z",
  waking: "M8 2.5a5.5 5.5 0 1 1-5.5 5.5",
  retrying: "M13.2 9A5.4 5.4 0 1 1 11.8 4.1L13.5 5.7M13.5 2v3.7H9.8",
  failed: "M4 4l8 8M12 4l-8 8",
  timed_out: "M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 1 0 0-11M8 5v3.3l2.3 1.4",
  killed: "M5.5 2.5h5l3 3v5l-3 3h-5l-3-3v-5zM5.8 5.8l4.4 4.4M10.2 5.8l-4.4 4.4",
  errored: "M8 2.2L14.6 13.6H1.4zM8 6.6v3.2M8 11.4v.4",
};
