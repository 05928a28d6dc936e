import type { OutputPart } from "../element/view.ts";
import { lookStyle } from "./terminal-styles.ts";

/** Looks that are drawn in one frame. */
const MOST_LOOKS = 1_500;

const drawn = new WeakMap<OutputPart, HTMLElement>();
/** Pieces that still have the plain look, in their order. */
const waiting = new Map<HTMLElement, OutputPart>();
/** Looks that this frame may still draw. */
let left = MOST_LOOKS;
let frame: number | undefined;

/**
 * The text of a piece in its looks, drawn once: a template would be compared at every update. Where a frame has many
 * looks to draw, the rest of the pieces is plain until the next frames.
 */
export function drawSpans(part: OutputPart): HTMLElement {
  const found = drawn.get(part);
  if (found) return found;
  const whole = document.createElement("span");
  drawn.set(part, whole);
  if (left > 0) draw(part, whole);
  else {
    whole.textContent = part.text;
    waiting.set(whole, part);
  }
  frame ??= requestAnimationFrame(drawWaiting);
  return whole;
}

function drawWaiting(): void {
  left = MOST_LOOKS;
  for (const [whole, part] of waiting) {
    if (left <= 0) break;
    waiting.delete(whole);
    // More output may have replaced it meanwhile.
    if (whole.isConnected) draw(part, whole);
    else drawn.delete(part);
  }
  frame = left < MOST_LOOKS || waiting.size > 0 ? requestAnimationFrame(drawWaiting) : undefined;
}

function draw({ text, spans = [] }: OutputPart, whole: HTMLElement): void {
  left -= spans.length;
  let at = 0;
  whole.replaceChildren(
    ...spans.map(({ length, look }) => {
      const shown = text.slice(at, (at += length));
      if (!look) return shown;
      const span = document.createElement("span");
      const { classes, style } = lookStyle(look);
      span.className = classes;
      span.style.cssText = style;
      span.textContent = shown;
      return span;
    }),
  );
}
