import type { StreamName } from "../../protocol/events.ts";
import { TerminalLine, writesOver } from "../../protocol/terminal-line.ts";
import { filterPiece } from "../../protocol/terminal-sequences.ts";
import type { Output } from "../element/view.ts";

/** Limit of a piece, so that new output rewrites one small text node. */
const PART_CHARACTERS = 8_192;
/** Above either limit the page drops the oldest quarter; the result has it. */
const MAX_CHARACTERS = 400_000;
const MAX_PARTS = 2_000;

/** Returns `output` with `text` appended. */
export function addOutput(output: Output, stream: StreamName, text: string, cut = 0): Output {
  const { clean, pending } = filterPiece(output.pending[stream] + text, KEPT, 256);
  const next = { ...output, pending: { ...output.pending, [stream]: pending } };
  if (clean === "" && cut === 0) return next;
  const parts = [...output.parts];
  const last = parts.at(-1);
  let before = "";
  let column: number | undefined;
  let left = 0;
  if (last && last.stream === stream && cut === 0) {
    ({ text: before } = last);
    ({ column } = output);
    // A full piece keeps its whole lines; its unfinished last line moves to the next piece.
    const begun = before.lastIndexOf("\n") + 1;
    if (before.length < PART_CHARACTERS) parts.pop();
    else if (begun > 0) parts[parts.length - 1] = { ...last, text: before.slice(0, begun) };
    else [before, column] = ["", undefined];
    if (before.length >= PART_CHARACTERS) before = before.slice(begun);
    else left = last.cut;
  }
  const written = write(before, clean, column);
  parts.push({ stream, text: written.text, cut: cut || left });
  return bounded({ ...next, parts, column: written.column });
}

/** Writes `more` at `column` of the last line of `text`, as a terminal does. */
function write(
  text: string,
  more: string,
  column?: number,
): { text: string; column?: number | undefined } {
  if (column === undefined && !writesOver(more)) return { text: text + more };
  const begun = text.lastIndexOf("\n") + 1;
  let [shown, line, at] = [text.slice(0, begun), text.slice(begun), column];
  for (const [index, part] of more.split("\n").entries()) {
    if (index > 0) [shown, line, at] = [`${shown}${line}\n`, "", undefined];
    if (at === undefined && !writesOver(part)) {
      line += part;
      continue;
    }
    const cells = Array.from(line, (character) => ({ character, look: undefined }));
    const terminal = new TerminalLine<undefined>(cells, at);
    terminal.write(part, undefined);
    line = terminal.cells.map(({ character }) => character).join("");
    at = terminal.column === terminal.cells.length ? undefined : terminal.column;
  }
  return { text: shown + line, column: at };
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

/** Sequences that edit a line, and C1 control characters except U+0085, which occurs in text. */
const KEPT = /^(?:\x1b\[(?:[0-2]?K|[01]?G)|[\x80-\x9f])$/;
