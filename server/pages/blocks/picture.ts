import { languageOf } from "../../../blocks/embed-tag.ts";
import type { Rgb } from "../../../protocol/terminal-look.ts";
import { withoutControls } from "../../../protocol/terminal-text.ts";
import { highlightedPieces, type HighlightKind } from "../highlight.ts";
import type { Glyphs } from "./glyphs.ts";
import { IMAGE_SIZE } from "./image-size.ts";
import { createRaster, type Raster } from "./raster.ts";
import type { ClaimedBlock } from "./shown-block.ts";

const { width, height } = IMAGE_SIZE;
const MARGIN = 56;
const LINE = 33;
const COLUMNS = 70;
/** Lines of code and output together, and most of the output. */
const LINES = 12;
const OUTPUT_LINES = 4;

const PAPER: Rgb = [255, 255, 255];
const CODE: Rgb = [246, 247, 245];
const EDGE: Rgb = [221, 225, 223];
const INK: Rgb = [28, 33, 38];
const SOFT: Rgb = [83, 92, 100];
const ACCENT: Rgb = [11, 107, 91];
const KINDS: Partial<Record<HighlightKind, Rgb>> = {
  comment: SOFT,
  string: [138, 74, 18],
  keyword: ACCENT,
};

/** A block's code and the beginning of its last output as a PNG. */
export function blockPicture(
  { code, claims, title, project }: ClaimedBlock,
  output: string | undefined,
  glyphs: Glyphs,
): Promise<Buffer> {
  const raster = createRaster(width, height, PAPER, glyphs);
  const printed = linesOf(output ?? "", OUTPUT_LINES);
  const shown = linesOf(code, LINES - printed.length);
  drawMark(raster);
  raster.text(MARGIN + 66, 42, cut(plainText(title), 66), INK);
  const top = 104;
  const bottom = top + shown.length * LINE + 24;
  raster.fill(MARGIN, top, width - MARGIN, bottom, EDGE);
  raster.fill(MARGIN + 1, top + 1, width - MARGIN - 1, bottom - 1, CODE);
  const language = languageOf(claims.runtime);
  for (const [index, line] of shown.entries()) {
    let x = MARGIN + 20;
    for (const { kind, text } of highlightedPieces(line, language)) {
      x = raster.text(x, top + 12 + index * LINE, text, (kind && KINDS[kind]) ?? INK);
    }
  }
  for (const [index, line] of printed.entries()) {
    raster.text(MARGIN + 20, bottom + 18 + index * LINE, line, INK);
  }
  const foot = cut(`${claims.runtime} · signed by ${project}`, COLUMNS);
  raster.text(MARGIN, height - 48, foot, SOFT);
  return raster.png();
}

/** The triangle of Run in a square. */
function drawMark(raster: Raster): void {
  const [left, top, size] = [MARGIN, 36, 46];
  raster.fill(left, top, left + size, top + size, ACCENT);
  for (let row = 0; row < 24; row++) {
    const length = 2 * (row < 12 ? row : 23 - row);
    raster.fill(left + 16, top + 11 + row, left + 16 + length, top + 12 + row, PAPER);
  }
}

/** The first lines of a text; the last of them says that there are more. */
function linesOf(text: string, most: number): string[] {
  const lines = plainText(text.slice(0, 20_000)).replace(/\n+$/, "").split("\n");
  if (lines.length === 1 && lines[0] === "") return [];
  const shown = lines.slice(0, most).map((line) => cut(line.replaceAll("\t", "    "), COLUMNS));
  return lines.length > most ? [...shown.slice(0, -1), "…"] : shown;
}

function plainText(text: string): string {
  return withoutControls(text).toWellFormed();
}

function cut(text: string, most: number): string {
  const letters = Array.from(text);
  return letters.length > most ? `${letters.slice(0, most - 1).join("")}…` : text;
}
