import type { StreamName } from "../../../protocol/events.ts";
import { type Piece, terminalPieces } from "../../../protocol/terminal-pieces.ts";

/** In characters. A longer line goes on as another one: it is kept until it ends, and may never end. */
const LONGEST = 8192;
/** Of each colour that is in force a program may have said many times. */
const MOST_COLOURS = 8;

/** A line of a step's output as it came. Where the stream changes, another line begins. */
export interface LogLine {
  /** From 1 within its step. */
  number: number;
  stream: StreamName;
  raw: string;
  /** Control sequences of the colours that are in force where it begins. */
  colours: string;
}

/** The lines of one step, as far as they came. */
export interface LogLines {
  last: LogLine | undefined;
  /** Whether `last` goes on. */
  open: boolean;
  colours: Record<StreamName, string>;
}

/** What a piece of output changed: text was added to the last line, or the last line is another; then new ones. */
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
  for (const [index, part] of parts.entries()) {
    const ended = index < parts.length - 1;
    if (part !== "" || ended) put(lines, stream, part, change);
    if (ended) lines.open = false;
  }
  return change;
}

function put(lines: LogLines, stream: StreamName, text: string, change: LogChange): void {
  const { last } = lines;
  const goesOn = lines.open && last?.stream === stream;
  const room = goesOn ? LONGEST - last.raw.length : LONGEST;
  const fitting = text.slice(0, room);
  const before = lines.colours[stream];
  if (!goesOn) {
    const number = (last?.number ?? 0) + 1;
    lines.last = { number, stream, raw: fitting, colours: before };
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
  put(lines, stream, text.slice(room), change);
}

/** Whether what comes next can't change how it reads: no return to its beginning, no sequence cut in two. */
function isPlain(text: string): boolean {
  return !text.includes("\r") && !/\x1b[^A-Za-z]*$/.test(text);
}

function coloursAfter(before: string, text: string): string {
  const said = text.match(/\x1b\[[0-9;:]*m/g);
  if (!said) return before;
  const all = [...(before.match(/\x1b\[[0-9;:]*m/g) ?? []), ...said];
  const reset = all.findLastIndex((one) => /^\x1b\[0*(?:;|m)/.test(one));
  return all
    .slice(Math.max(0, reset))
    .filter((one) => !/^\x1b\[0*m$/.test(one))
    .slice(-MOST_COLOURS)
    .join("");
}

export function piecesOf({ colours, raw }: Pick<LogLine, "colours" | "raw">): Piece[] {
  return terminalPieces(colours + raw);
}
