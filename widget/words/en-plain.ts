import { PROGRESS_WORDS } from "../../protocol/words.ts";
import type { PlainFormat, UnitSigns } from "./plain-format.ts";
import type { PlainWords } from "./words.ts";

export const ENGLISH_UNITS: UnitSigns = { s: "s", min: "min", h: "h", d: "d" };

const after = (time: string | undefined) => (time === undefined ? "" : ` after ${time}`);

/** English of a run that prints text and succeeds. The other words are in en-run.ts. */
export function plainEnglish({ number, plural }: PlainFormat): PlainWords {
  return {
    stop: ".",
    space: " ",
    running: PROGRESS_WORDS.running,
    stopping: "Stopping.",
    ended: {
      status: (status, time) => `Ended with exit status ${status}${after(time)}.`,
      signal: (signal, time) => `Ended by signal ${signal}${after(time)}.`,
      plain: (time) => `Ended${after(time)}.`,
      stopped: (time) => `Stopped${after(time)}.`,
    },
    output: {
      name: "Output",
      none: "The program printed nothing.",
      all: "All of it",
      wrap: "Wrap lines",
      copy: "Copy",
      copied: "Copied",
      fullScreen: "Full screen",
      leaveFullScreen: "Leave full screen",
    },
    spoken: {
      lines: (count) => `${number(count)} ${plural(count, "line", "lines")} of output.`,
      linesSoFar: (count) => `${number(count)} ${plural(count, "line", "lines")} of output so far.`,
    },
    resultLink: "Lasting result",
  };
}
