import { isTerminal, redraw } from "./print.ts";

const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const FRAME_MS = 100;

/** One line about the present, redrawn in place. Without a terminal there is none. */
export interface StatusLine {
  /** Shows `text`, called with the time of each drawing. */
  show(text: (now: number) => string): void;
  /** Clears the line, so that other text can be written. */
  clear(): void;
}

export function createStatusLine(wanted = true): StatusLine {
  if (!wanted || !isTerminal("stderr")) return { show: () => {}, clear: () => {} };
  let timer: NodeJS.Timeout | undefined;
  let frame = 0;
  const clear = () => {
    clearInterval(timer);
    if (timer) redraw("stderr");
    timer = undefined;
  };
  return {
    clear,
    show(text) {
      clear();
      const draw = () =>
        redraw("stderr", `${FRAMES[frame++ % FRAMES.length]!} ${text(performance.now())}`);
      timer = setInterval(draw, FRAME_MS);
      draw();
    },
  };
}
