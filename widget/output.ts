import type { StreamName } from "../protocol/events.ts";

/** A piece of what the program printed. */
export interface OutputPart {
  stream: StreamName;
  text: string;
  /** Bytes left out just before this piece, because the output is past its limit. */
  cut: number;
}

/** The output so far, bounded whatever the program prints. */
export interface Output {
  parts: readonly OutputPart[];
  /** Characters at the start that are no longer on the page. */
  dropped: number;
  /** The run has ended, and what it printed did not all arrive. */
  unread?: boolean;
  /** An escape sequence whose end has not come yet, by stream. */
  pending: Readonly<Record<StreamName, string>>;
}

export const emptyOutput: Output = { parts: [], dropped: 0, pending: { stdout: "", stderr: "" } };

/** A piece never grows past this, so that new output rewrites one small text node. */
const PART_CHARACTERS = 8_192;
/** Above either, the oldest quarter leaves the page; the result keeps it. */
const MOST_CHARACTERS = 400_000;
const MOST_PARTS = 2_000;

/** `output` with `text` at its end. */
export function addOutput(output: Output, stream: StreamName, text: string, cut = 0): Output {
  const { clean, pending } = withoutEscapes(output.pending[stream] + text);
  const next = { ...output, pending: { ...output.pending, [stream]: pending } };
  if (clean === "" && cut === 0) return next;
  const parts = [...output.parts];
  const last = parts.at(-1);
  if (last && last.stream === stream && cut === 0 && last.text.length < PART_CHARACTERS) {
    parts[parts.length - 1] = { ...last, text: last.text + clean };
  } else {
    parts.push({ stream, text: clean, cut });
  }
  return bounded({ ...next, parts });
}

function bounded(output: Output): Output {
  let characters = output.parts.reduce((sum, part) => sum + part.text.length, 0);
  let count = output.parts.length;
  if (characters <= MOST_CHARACTERS && count <= MOST_PARTS) return output;
  let first = 0;
  let { dropped } = output;
  // Always leaves the last piece, however long it is.
  while (count > 1 && (characters > MOST_CHARACTERS * 0.75 || count > MOST_PARTS * 0.75)) {
    const { text } = output.parts[first++]!;
    dropped += text.length;
    characters -= text.length;
    count--;
  }
  return { ...output, parts: output.parts.slice(first), dropped };
}

// CSI, then OSC up to BEL or ST, then two-character sequences.
const ESCAPES = /\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[ -/]*[0-Z^-~\\]/g;
const UNFINISHED = /(?:\x1b(?:\[[0-?]*[ -/]*|\][^\x07\x1b]*\x1b?|[ -/]*)?|\r)$/;
const CONTROLS = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/g;

/** Terminals act on control sequences; a page has no use for them. What is unfinished waits. */
function withoutEscapes(text: string): { clean: string; pending: string } {
  const rest = text.replace(ESCAPES, "");
  const pending = UNFINISHED.exec(rest)?.[0] ?? "";
  const whole = pending.length > 256 ? rest : rest.slice(0, rest.length - pending.length);
  return {
    clean: whole.replace(/\r+\n?/g, "\n").replace(CONTROLS, ""),
    pending: pending.length > 256 ? "" : pending,
  };
}
