import type { EventBody, StreamName } from "../../protocol/events.ts";

/** Pieces of text, none of them empty. */
type Pieces = Record<StreamName, string[]>;

const noPieces = (): Pieces => ({ stdout: [], stderr: [] });

/**
 * The output of an attempt's events. That of steps that ran beside others is in one piece each, in the order of their
 * first output. Takes linear time: to look at the end of a text that still grows copies all of it.
 */
export function joinOutput(events: Iterable<EventBody>): Record<StreamName, string> {
  const output = noPieces();
  const beside = new Map<number, Pieces>();
  const settle = () => {
    for (const pieces of beside.values()) {
      for (const piece of pieces.stdout) output.stdout.push(piece);
      for (const piece of pieces.stderr) output.stderr.push(piece);
    }
    beside.clear();
  };
  for (const event of events) {
    if (event.type !== "output") continue;
    const { step, stream, text, cut } = event;
    if (step === undefined) settle();
    const to = step === undefined ? output : (beside.get(step) ?? noPieces());
    if (step !== undefined) beside.set(step, to);
    const pieces = to[stream];
    if (cut) pieces.push(cutLine(pieces.at(-1) ?? "", cut));
    if (text !== "") pieces.push(text);
  }
  settle();
  return { stdout: output.stdout.join(""), stderr: output.stderr.join("") };
}

/** A line of its own that says how many bytes were cut after `before`. */
export function cutLine(before: string, bytes: number): string {
  const lineEnd = before === "" || before.endsWith("\n") ? "" : "\n";
  return `${lineEnd}[… ${bytes} bytes cut …]\n`;
}
