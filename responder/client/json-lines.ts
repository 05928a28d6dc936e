import * as v from "valibot";
import { parseJsonText } from "../process/read.ts";

/** An answer of JSON lines; an answer of one JSON value is one line. */
export interface JsonLines {
  /** Passes on each whole line. Throws where one is too long or has the wrong form. */
  take(part: Buffer): void;
  /** The answer is over: what is left is its last line. */
  end(): void;
}

export function jsonLines<Line>(
  schema: v.GenericSchema<unknown, Line>,
  onLine: (line: Line) => void,
  mostBytes: number,
): JsonLines {
  let held: Buffer[] = [];
  let size = 0;
  const hold = (part: Buffer) => {
    size += part.length;
    if (size > mostBytes) throw new Error("a line of the answer is too long");
    if (part.length > 0) held.push(part);
  };
  const passOn = () => {
    const text = Buffer.concat(held).toString();
    held = [];
    size = 0;
    const parsed = v.safeParse(schema, parseJsonText(text));
    if (!parsed.success) throw new Error("a line of the answer has the wrong form");
    onLine(parsed.output);
  };
  return {
    take(part) {
      let start = 0;
      for (let end = part.indexOf("\n"); end !== -1; end = part.indexOf("\n", start)) {
        hold(part.subarray(start, end));
        passOn();
        start = end + 1;
      }
      hold(part.subarray(start));
    },
    end() {
      if (held.length > 0) passOn();
    },
  };
}
