import type { RunState } from "../../../protocol/run.ts";
import { escapeHtml } from "../../../protocol/escape-html.ts";
import { STATE_MARKS } from "../../../protocol/state-marks.ts";
import { STATE_WORDS } from "../../../protocol/words.ts";

/** White on these has a contrast of 4.5:1 or more. */
const COLOURS: Partial<Record<RunState, string>> = {
  succeeded: "#1a7f37",
  failed: "#c0302b",
  timed_out: "#c0302b",
  killed: "#c0302b",
  errored: "#8a5a00",
};
const GREY = "#57606a";
const HEIGHT = 20;
const PADDING = 7;

/** The state of a branch as an SVG of its own, without external fonts or services. */
export function badge(label: string, state: RunState | undefined): string {
  const words = state ? STATE_WORDS[state].toLowerCase() : "no runs";
  const [left, right] = [widthOf(label), widthOf(words)];
  const mark = state ? 16 : 0;
  const first = left + 2 * PADDING;
  const width = first + mark + right + 2 * PADDING;
  const title = escapeHtml(`${label}: ${words}`);
  const text = (x: number, length: number, content: string) =>
    `<text x="${x}" y="14" textLength="${length}" lengthAdjust="spacingAndGlyphs">${escapeHtml(content)}</text>`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${HEIGHT}" role="img" aria-label="${title}">`,
    `<title>${title}</title>`,
    `<clipPath id="r"><rect width="${width}" height="${HEIGHT}" rx="4"/></clipPath>`,
    `<g clip-path="url(#r)"><rect width="${first}" height="${HEIGHT}" fill="#383f45"/>`,
    `<rect x="${first}" width="${width - first}" height="${HEIGHT}" fill="${(state && COLOURS[state]) ?? GREY}"/></g>`,
    state
      ? `<path transform="translate(${first + PADDING - 2} 3) scale(.875)" fill="none" stroke="#fff" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" d="${STATE_MARKS[state]}"/>`
      : "",
    `<g fill="#fff" font-family="Verdana,DejaVu Sans,Geneva,sans-serif" font-size="11">`,
    text(PADDING, left, label),
    text(first + PADDING + mark, right, words),
    "</g></svg>\n",
  ].join("");
}

/** About the width of the text in 11 px Verdana; the SVG stretches the text to it. */
function widthOf(text: string): number {
  let width = 0;
  for (const character of text)
    width += /[ijl.,:'|! tfr]/.test(character) ? 4.3 : /[mwMW@]/.test(character) ? 10.2 : 6.9;
  return Math.round(width);
}
