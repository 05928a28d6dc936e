import { css } from "lit";
import { addStyles } from "../element/add-styles.ts";
import type { ResultTools } from "./result-tools.ts";

/** How long a button says that it has copied, in ms. */
const COPIED_MS = 2_000;

/** Results whose full screen is followed. */
const watched = new WeakSet<Element>();

export function wrap(tools: ResultTools): void {
  tools.wrapped = !tools.wrapped;
  tools.update();
}

export async function copy(tools: ResultTools, text: string): Promise<void> {
  await navigator.clipboard.writeText(text);
  tools.copied = true;
  tools.update();
  setTimeout(() => {
    tools.copied = false;
    tools.update();
  }, COPIED_MS);
}

/** Shows the result in full screen, or leaves that; Escape leaves it too, as everywhere. */
export async function enlarge(tools: ResultTools): Promise<void> {
  const { root } = tools;
  const shown = root.querySelector<HTMLElement>(".shown");
  if (!shown) return;
  addStyles(root, fullScreenStyles);
  if (!watched.has(shown)) {
    watched.add(shown);
    shown.addEventListener("fullscreenchange", () => {
      tools.enlarged = root.fullscreenElement !== null;
      tools.update();
    });
  }
  if (root.fullscreenElement) await document.exitFullscreen();
  else await shown.requestFullscreen();
}

/** Black or white behind the page's text, whichever contrasts with it. */
const fullScreenStyles = css`
  .shown:fullscreen {
    overflow: auto;
    padding: 16px 0;
    background: Canvas;
    color: CanvasText;
  }
  @supports (color: oklch(from currentColor l c h)) {
    .shown:fullscreen {
      background: oklch(from currentColor calc(1 - 0.8 * clamp(0, (l - 0.61) * 1000, 1)) 0 0);
      color: inherit;
    }
  }
  .shown:fullscreen :is(.output, .table) {
    max-height: none;
  }
`;
