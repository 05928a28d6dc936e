import type { StreamName } from "../../protocol/events.ts";
import { writesOver } from "../../protocol/terminal-line.ts";
import { type Piece, terminalPieces } from "../../protocol/terminal-pieces.ts";

/** In characters. A longer line is split, because an unfinished line is buffered and may never end. */
const LONGEST = 8192;
/** Most colour sequences kept per line: a program may repeat each active colour many times. */
const MAX_COLOURS = 8;

/** A raw line of a step's output. A change of stream starts another line. */
export interface LogLine {
  /** From 1 within its step. */
  number: number;
  stream: StreamName;
  raw: string;
  /** Control sequences of the colours that are active at its start. */
  colours: string;
  /** Where it starts in the output that was added with it. */
  from: number;
}

/** The lines of one step so far. */
export interface LogLines {
  last: LogLine | undefined;
  /** Whether `last` may continue. */
  open: boolean;
  colours: Record<StreamName, string>;
}

/**
 * The changes by a piece of output: text appended to the last line, or a replaced last line; then new
 * lines.
 */
export interface LogChange {
  added: { line: LogLine; text: string; colours: string } | undefined;
  lines: LogLine[];
}

export function noLines(): LogLines {
  return { last: undefined, open: false, colours: { stdout: "", stderr: "" } };
}

/** Adds output to `lines`. */
export function addLogOutput(lines: LogLines, stream: StreamName, text: string): LogChange {
  const change: LogChange = { added: undefined, lines: [] };
  const parts = text.split("\n");
  let from = 0;
  for (const [index, part] of parts.entries()) {
    const ended = index < parts.length - 1;
    if (part !== "" || ended) put(lines, { stream, text: part, from }, change);
    if (ended) lines.open = false;
    from += part.length + 1;
  }
  return change;
}

type Part = { stream: StreamName; text: string; from: number };

function put(lines: LogLines, { stream, text, from }: Part, change: LogChange): void {
  const { last } = lines;
  const goesOn = lines.open && last?.stream === stream;
  const room = goesOn ? LONGEST - last.raw.length : LONGEST;
  const fitting = text.slice(0, room);
  const before = lines.colours[stream];
  if (!goesOn) {
    const number = (last?.number ?? 0) + 1;
    lines.last = { number, stream, raw: fitting, colours: before, from };
    change.lines.push(lines.last);
  } else if (fitting !== "") {
    if (change.lines.length === 0 && isPlain(last.raw) && isPlain(fitting)) {
      change.added = { line: last, text: fitting, colours: before };
    } else if (change.lines.at(-1) !== last) change.lines.push(last);
    last.raw += fitting;
  }
  lines.open = true;
  lines.colours[stream] = coloursAfter(before, fitting);
  if (text.length <= room) return;
  lines.open = false;
  put(lines, { stream, text: text.slice(room), from: from + room }, change);
}

/** Whether later output can't change its look: it writes over nothing and ends in no cut sequence. */
function isPlain(text: string): boolean {
  return !writesOver(text) && !/\x1b[^A-Za-z]*$/.test(text);
}

function coloursAfter(before: string, text: string): string {
  const said = text.match(/\x1b\[[0-9;:]*m/g);
  if (!said) return before;
  const all = [...(before.match(/\x1b\[[0-9;:]*m/g) ?? []), ...said];
  const reset = all.findLastIndex((one) => /^\x1b\[0*(?:;|m)/.test(one));
  return all
    .slice(Math.max(0, reset))
    .filter((one) => !/^\x1b\[0*m$/.test(one))
    .slice(-MAX_COLOURS)
    .join("");
}

export function piecesOf({ colours, raw }: Pick<LogLine, "colours" | "raw">): Piece[] {
  return terminalPieces(colours + raw);
}
