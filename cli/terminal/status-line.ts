import { isTerminal, redraw } from "./print.ts";

const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const FRAME_MS = 100;

/** One line that says what happens now, redrawn in place; nothing at all where no terminal is. */
export interface StatusLine {
  /** Shows what `text` says of the moment it is drawn. */
  show(text: (now: number) => string): void;
  /** Takes the line away, so that something else can be written. */
  clear(): void;
}

export function statusLine(wanted = true): StatusLine {
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
