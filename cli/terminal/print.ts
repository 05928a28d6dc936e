// Only this file writes to standard output and standard error. Printed text comes from strangers (pages, tokens,
// servers, programs), so control characters are removed here.
import { createInterface } from "node:readline/promises";
import type { StreamName } from "../../protocol/events.ts";
import {
  BIDI_CONTROLS,
  plainLine,
  terminalFilter,
  withoutControls,
} from "../../protocol/terminal-text.ts";
import { columns, type ColumnCell } from "./columns.ts";

export function isTerminal(stream: StreamName): boolean {
  return process[stream].isTTY;
}

/** Columns of the terminal; undefined where there is none. */
export function terminalWidth(stream: StreamName): number | undefined {
  return isTerminal(stream) ? process[stream].columns || 80 : undefined;
}

/** Lines on standard output, one an argument: a line end within one does not begin another. */
export function print(...lines: string[]): void {
  process.stdout.write(lines.map(asLine).join(""));
}

/** Lines on standard error, for a person. */
export function tell(...lines: string[]): void {
  process.stderr.write(lines.map(asLine).join(""));
}

function asLine(text: string): string {
  return `${withoutControls(text).replaceAll("\n", " ")}\n`;
}

/** Rows of aligned cells on standard output. Their styles are our own and are kept. */
export function printTable(rows: readonly ColumnCell[][]): void {
  process.stdout.write(
    columns(rows)
      .map((line) => `${line}\n`)
      .join(""),
  );
}

/**
 * Returns a function that draws rows on the terminal of standard output, in place of those that it drew before. What
 * does not fit is clipped.
 */
export function createTableScreen(): (rows: readonly ColumnCell[][]) => void {
  let drawn = 0;
  return (rows) => {
    const lines = columns(rows).slice(0, Math.max(2, (process.stdout.rows || 25) - 1));
    const back = drawn > 0 ? `\x1b[${drawn}A` : "";
    // Without automatic wrap each line takes one row.
    const text = lines.map((line) => `${line}\n`).join("");
    process.stdout.write(`${back}\x1b[J\x1b[?7l${text}\x1b[?7h`);
    drawn = lines.length;
  };
}

export function printJson(value: unknown, indentation?: number): void {
  printJsonText(JSON.stringify(value, null, indentation));
}

/** JSON as a server sent it. Control characters are escaped, which keeps the value. */
export function printJsonText(text: string): void {
  const escape = (character: string) =>
    `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  const safe = text.replace(/[\0-\x08\x0b-\x1f\x7f-\x9f]/g, escape).replace(BIDI_CONTROLS, escape);
  process.stdout.write(`${safe.trimEnd()}\n`);
}

/**
 * Returns a writer of a program's own output: the exact bytes into a file or a pipe; only text and colours to a
 * terminal.
 */
export function programOutput(stream: StreamName): (piece: string | Uint8Array) => void {
  if (!isTerminal(stream)) return (piece) => void process[stream].write(piece);
  const filter = terminalFilter();
  const decoder = new TextDecoder();
  return (piece) => {
    const text = typeof piece === "string" ? piece : decoder.decode(piece, { stream: true });
    process[stream].write(filter(text));
  };
}

export function note(text: string): void {
  labelled("note", text);
}

export function hint(text: string): void {
  labelled("hint", text);
}

/** Prints what happened and what to do next. */
export function printError(message: string, toDo?: string): void {
  labelled("error", message);
  if (toDo !== undefined) hint(toDo);
}

/** Indents the lines after the first, so that none can pass for a label. */
function labelled(label: string, text: string): void {
  const [first = "", ...more] = text.split("\n").map((line) => plainLine(line));
  const lines = [first, ...more.filter((line) => line !== "")];
  process.stderr.write(`${label}: ${lines.join("\n  ")}\n`);
}

/** Asks at the terminal; resolves with the line that is typed. */
export async function askAtTerminal(question: string): Promise<string> {
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  const typed = await prompt.question(`${plainLine(question)} `);
  prompt.close();
  return typed;
}

/** Begins a line that the answer ends. */
export function beginLine(stream: StreamName, text: string): void {
  process[stream].write(`${plainLine(text)} `);
}

export function endLine(stream: StreamName): void {
  process[stream].write("\n");
}

/** Draws one line in place. Without text the line is cleared. */
export function redraw(stream: StreamName, text = ""): void {
  const width = terminalWidth(stream);
  if (width === undefined) return;
  process[stream].write(`\r\x1b[K${plainLine(text).slice(0, Math.max(12, width - 1))}`);
}

/** Log lines that were made from escaped JSON, so that their colours are our own. */
export function printLog(lines: string, done: (error?: Error | null) => void): void {
  process.stderr.write(terminalFilter()(lines), done);
}

/** Calls `failed` with the system's code once standard output or standard error can't be written. */
export function onWriteError(failed: (code: string | undefined) => void): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", ({ code }: NodeJS.ErrnoException) => failed(code));
  }
}

/** Prints facts as JSON with `--json`, otherwise as rows. */
export function printFacts(json: boolean, value: unknown, rows: readonly ColumnCell[][]): void {
  if (json) printJson(value);
  else printTable(rows);
}
