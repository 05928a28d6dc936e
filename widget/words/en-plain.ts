import { RUNNING_WORDS } from "../../protocol/plain-words.ts";
import type { PlainFormat } from "./plain-format.ts";
import type { PlainWords } from "./words.ts";

export const after = (time: string | undefined) => (time === undefined ? "" : ` after ${time}`);

/** English of a run that prints text and succeeds. The other words are in en-run.ts. */
export function plainEnglish({ number, plural }: PlainFormat): PlainWords {
  return {
    stop: ".",
    space: " ",
    running: RUNNING_WORDS,
    ended: {
      status: (status, time) => `Ended with exit status ${status}${after(time)}.`,
      plain: (time) => `Ended${after(time)}.`,
    },
    output: {
      name: "Output",
      wrap: "Wrap lines",
      copy: "Copy",
      copied: "Copied",
      fullScreen: "Full screen",
      leaveFullScreen: "Leave full screen",
    },
    spoken: {
      lines: (count) => `${number(count)} ${plural(count, "line", "lines")} of output.`,
    },
    resultLink: "Lasting result",
  };
}
