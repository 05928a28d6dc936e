/** Colours and styles, and erasing the line that is written: no other control sequence is harmless on a terminal. */
const HARMLESS = /^\x1b\[(?:[0-9;:]*m|[0-2]?K)$/;
// CSI; OSC, DCS, SOS, PM and APC up to their end; two-character sequences.
const SEQUENCE =
  /\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[ -/]*[0-OQ-WYZ\\`-~]/g;
const UNFINISHED = /\x1b(?:\[[0-?]*[ -/]*|[\]PX^_][^\x07\x1b]*\x1b?|[ -/]*)?$/;
const LONGEST_SEQUENCE = 4096;
const CONTROLS = /[\0-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f]|\x1b(?!\[(?:[0-9;:]*m|[0-2]?K))/g;

/** Characters that reorder the text around them: a name could show as another one. */
export const BIDI_CONTROLS = /[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/**
 * A filter for one stream of a program's output on its way to a terminal: it could otherwise set the
 * clipboard, move text that was read before, or type. What is unfinished waits for the next piece.
 */
export function terminalFilter(): (text: string) => string {
  let pending = "";
  return (text) => {
    const whole = pending + text;
    const open = UNFINISHED.exec(whole)?.[0] ?? "";
    pending = open.length > LONGEST_SEQUENCE ? "" : open;
    return whole
      .slice(0, whole.length - open.length)
      .replace(SEQUENCE, (sequence) => (HARMLESS.test(sequence) ? sequence : ""))
      .replace(CONTROLS, "");
  };
}

/** Text without any control sequence or control character, colours included; line ends and tabs stay. */
export function withoutControls(text: string): string {
  return text
    .replace(SEQUENCE, "")
    .replace(/[\0-\x08\x0b-\x1f\x7f-\x9f]/g, "")
    .replace(BIDI_CONTROLS, "");
}

/** The same as one line: for a cell, a name, a sentence of somebody else's. */
export function plainLine(text: string, longest = Number.POSITIVE_INFINITY): string {
  const line = withoutControls(text.replace(/\s+/g, " ")).replace(/ +/g, " ").trim();
  return line.length > longest ? `${line.slice(0, longest - 1)}…` : line;
}
