import type { OutputPart } from "../element/view.ts";
import { lookStyle } from "./terminal-styles.ts";

const drawn = new WeakMap<OutputPart, HTMLElement>();

/** The text of a piece in its looks, drawn once: a template would be compared at every update. */
export function drawSpans(part: OutputPart): HTMLElement {
  const found = drawn.get(part);
  if (found) return found;
  const { text, spans = [] } = part;
  const whole = document.createElement("span");
  let at = 0;
  for (const { length, look } of spans) {
    const shown = text.slice(at, (at += length));
    if (!look) {
      whole.append(shown);
      continue;
    }
    const span = document.createElement("span");
    const { classes, style } = lookStyle(look);
    span.className = classes;
    span.style.cssText = style;
    span.textContent = shown;
    whole.append(span);
  }
  drawn.set(part, whole);
  return whole;
}
