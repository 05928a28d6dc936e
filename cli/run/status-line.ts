import type { WriteStream } from "node:tty";
import { stripVTControlCharacters } from "node:util";

const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const FRAME_MS = 100;

/** One line that says what happens now, redrawn in place; nothing at all where no terminal is. */
export interface StatusLine {
  /** Shows what `text` says of the moment it is drawn. */
  show(text: (now: number) => string): void;
  /** Takes the line away, so that something else can be written. */
  clear(): void;
}

export function statusLine(stream: WriteStream | undefined): StatusLine {
  if (!stream?.isTTY) return { show: () => {}, clear: () => {} };
  let timer: NodeJS.Timeout | undefined;
  let frame = 0;
  const clear = () => {
    clearInterval(timer);
    if (timer) stream.write("\r\x1b[K");
    timer = undefined;
  };
  return {
    clear,
    show(text) {
      clear();
      const draw = () => {
        const mark = FRAMES[frame++ % FRAMES.length]!;
        // A reason or a phase comes from the server: it may hold no control characters.
        const line = stripVTControlCharacters(text(performance.now())).replace(/[\0-\x1f]/g, " ");
        stream.write(`\r\x1b[K${mark} ${line.slice(0, Math.max(10, (stream.columns || 80) - 3))}`);
      };
      timer = setInterval(draw, FRAME_MS);
      draw();
    },
  };
}
