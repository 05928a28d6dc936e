import { html } from "lit";
import type { ErrorPlace } from "./error-line.ts";

/** The link from a piece of output to the line that it names. */
interface LineLink {
  place: ErrorPlace;
  title: string;
  goTo: () => void;
}

export interface PieceOptions {
  text: string;
  /** Draws a part of the text, in its colours. */
  slice: (from: number, to: number) => unknown;
  link: LineLink | undefined;
  /** Paper does not show the text from here on. */
  cutAt: number | undefined;
}

/** Draws a piece of output that holds more than text. */
export function drawPiece({ text, slice, link, cutAt }: PieceOptions): unknown[] {
  /** A link is within one line, and paper is cut at the end of one. */
  const between = (from: number, to: number): unknown[] => {
    if (!link || link.place.start < from || link.place.end > to) return [slice(from, to)];
    const { start, end } = link.place;
    return [
      slice(from, start),
      html`<button
        class="line-link"
        type="button"
        title=${link.title}
        .textContent=${text.slice(start, end)}
        @click=${link.goTo}
      ></button>`,
      slice(end, to),
    ];
  };
  if (cutAt === undefined) return between(0, text.length);
  return [
    ...between(0, cutAt),
    html`<span class="off-paper">${between(cutAt, text.length)}</span>`,
  ];
}
