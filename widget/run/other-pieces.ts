import { html, nothing } from "lit";
import type { OutputPart, Shown } from "../element/view.ts";
import { namedLine } from "./named-line.ts";
import { loadedTerminal } from "./output.ts";
import { styled } from "./output-text.ts";
import { outputMarks } from "./output-marks-part.ts";
import type { OtherOptions } from "./result-options.ts";

/** The pieces of output that hold more than text, and what is said of them. */
export interface OtherPieces {
  /** Draws the piece of this number; undefined: it is text alone. */
  draw: (index: number) => ((part: OutputPart) => unknown) | undefined;
  /** Where the line that the error names is, if no code on the page has it. */
  errorNote: string | undefined;
  /** How much of the output paper does not show. */
  paperNote: unknown;
}

export function otherPieces(
  shown: Shown,
  { host, claims, isAuthors, wording: { run, format } }: OtherOptions,
): OtherPieces {
  const line = namedLine(host);
  const found = line.find(shown, claims, isAuthors);
  const isMarked = found && "place" in found;
  const link = isMarked
    ? { place: found.place, title: run.output.goToLine, goTo: line.goTo }
    : undefined;
  const isLong = shown.ending !== undefined && shown.output.parts.length > 1;
  const part = link || isLong ? outputMarks(() => host.requestUpdate()) : undefined;
  const cut = isLong ? part?.findPaperCut(shown.output.parts) : undefined;
  return {
    draw: (index) => {
      const linkHere = link?.place.part === index ? link : undefined;
      const cutHere = cut?.part === index ? cut.at : undefined;
      if (!part || (!linkHere && cutHere === undefined)) return undefined;
      return (piece) =>
        part.drawPiece({
          text: piece.text,
          slice: (from, to) => sliceOf(piece, from, to),
          link: linkHere,
          cutAt: cutHere,
        });
    },
    errorNote: found && !isMarked ? run.output.inSetUp(format.number(found.setUpLine)) : undefined,
    paperNote: cut
      ? html`<p class="silent on-paper"><bdi>${run.output.linesOffPaper(cut.lines)}</bdi></p>`
      : nothing,
  };
}

function sliceOf({ spans, ...part }: OutputPart, from: number, to: number): unknown {
  const within = spans && loadedTerminal()?.spansBetween({ ...part, spans }, from, to);
  return styled({ ...part, text: part.text.slice(from, to), ...(within && { spans: within }) });
}
