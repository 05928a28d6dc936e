import type { StreamName } from "../../protocol/events.ts";
import type { Output, OutputPart } from "../element/view.ts";
import { filterOutput, goesBack, reachBack, spansBetween, writeOutput } from "./terminal.ts";

export { drawSpans, spansBetween, terminalStyles } from "./terminal.ts";

/** Size of a piece, so that new output rewrites one small text node, and a browser lays out what is in view. */
const PART_CHARACTERS = 8_192;
/** Looks in a piece: each of them is an element, and more output draws the piece again. */
const PART_SPANS = 1_000;
/** Above either limit the page drops the oldest quarter; the result has it. */
const MAX_CHARACTERS = 400_000;
const MAX_PARTS = 2_000;

/** All control characters but tabs, line ends and C1, which occurs in text. */
const CONTROLS = /[\0-\x08\x0b-\x1f\x7f]/;

/** From this size a piece that is out of view is not laid out, so its height is an estimate. */
const LONG_PIECE = 2_000;
/** Pieces at the end, whose height has to be right for scrolling to the end. */
const ALWAYS_LAID_OUT = 2;

/** The lines of a piece that browsers lay out while it is in view; undefined: always. */
export function linesOutOfView(parts: readonly OutputPart[], index: number): number | undefined {
  const { text } = parts[index]!;
  const isLong = text.length > LONG_PIECE && index < parts.length - ALWAYS_LAID_OUT;
  return isLong ? text.split("\n").length : undefined;
}

/** Returns `output` with `text` appended: of any length, and with control characters. */
export function addLongOutput(output: Output, stream: StreamName, text: string, cut = 0): Output {
  let next = output;
  let left = cut;
  for (let at = 0; at < text.length || left > 0;) {
    const end = sliceEnd(text, at);
    next = addSlice(next, stream, text.slice(at, end), left);
    [at, left] = [end, 0];
  }
  return bounded(next);
}

/** A slice ends with a line where it can, and never between the halves of a character. */
function sliceEnd(text: string, from: number): number {
  const end = from + PART_CHARACTERS;
  if (end >= text.length) return text.length;
  const line = text.lastIndexOf("\n", end - 1) + 1;
  if (line > from) return line;
  return /[\ud800-\udbff]/.test(text[end - 1]!) ? end - 1 : end;
}

function addSlice(output: Output, stream: StreamName, text: string, cut: number): Output {
  const { pending: allPending, looks } = output;
  const raw = (allPending?.[stream] ?? "") + text;
  const last = output.parts.at(-1);
  const goesOn = last?.stream === stream && cut === 0;
  const cursor = goesOn ? output.cursor : undefined;
  const look = looks?.[stream];
  if (!CONTROLS.test(raw) && !cursor && !look) {
    if (raw === "" && cut === 0) return output;
    const { kept, open } = openPart(output, goesOn ? last : undefined);
    const spans = open?.spans && [...open.spans, { length: raw.length }];
    const part = { stream, text: (open?.text ?? "") + raw, cut: cut || (open?.cut ?? 0) };
    return { ...output, parts: [...kept, spans ? { ...part, spans } : part], cursor: undefined };
  }
  const { clean, pending } = filterOutput(raw);
  const next = { ...output, pending: { ...allPending, [stream]: pending } };
  if (clean === "" && cut === 0) return next;
  const { kept, open } =
    goesOn && goesBack(cursor, clean)
      ? reachBack(output.parts)
      : openPart(output, goesOn ? last : undefined);
  const written = writeOutput({ text: "", ...open, cursor, look }, clean);
  const part: OutputPart = { stream, text: written.text, cut: cut || (open?.cut ?? 0) };
  if (written.spans) part.spans = written.spans;
  return {
    ...next,
    parts: [...kept, part],
    cursor: written.cursor,
    looks: { ...looks, [stream]: written.look },
  };
}

/**
 * The piece that more text of its stream goes on, and those before it. A full piece keeps its whole lines; its
 * unfinished last line begins the next piece.
 */
function openPart(
  { parts }: Output,
  last: OutputPart | undefined,
): { kept: readonly OutputPart[]; open?: OutputPart | undefined } {
  if (!last) return { kept: parts };
  const kept = parts.slice(0, -1);
  const { text, spans = [] } = last;
  if (text.length < PART_CHARACTERS && spans.length < PART_SPANS) return { kept, open: last };
  const begun = text.lastIndexOf("\n") + 1;
  if (begun === 0 || begun === text.length) return { kept: parts };
  const part = (from: number, to: number): OutputPart => {
    const spans = last.spans && spansBetween(last, from, to);
    const { stream } = last;
    return { stream, text: text.slice(from, to), cut: 0, ...(spans && { spans }) };
  };
  return {
    kept: [...kept, { ...part(0, begun), cut: last.cut }],
    open: part(begun, text.length),
  };
}

function bounded(output: Output): Output {
  let characters = output.parts.reduce((sum, part) => sum + part.text.length, 0);
  let count = output.parts.length;
  if (characters <= MAX_CHARACTERS && count <= MAX_PARTS) return output;
  let first = 0;
  let { dropped, lost = 0 } = output;
  // The last piece always stays.
  while (count > 1 && (characters > MAX_CHARACTERS * 0.75 || count > MAX_PARTS * 0.75)) {
    const { text, cut } = output.parts[first++]!;
    dropped += text.length;
    lost += cut;
    characters -= text.length;
    count--;
  }
  return { ...output, parts: output.parts.slice(first), dropped, lost };
}
