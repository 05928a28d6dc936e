import { isUtf8 } from "node:buffer";
import { refusal } from "./refuse.ts";

const LINE_END = 0x0a;

/**
 * Text of a file's bytes: UTF-8, or UTF-16 with a byte order mark, as PowerShell writes it. Throws a
 * `CommandRefusal` that names the first line with other bytes.
 */
export function decodeFile(bytes: Uint8Array): string {
  const utf16 = detectUtf16(bytes);
  if (utf16 !== undefined) {
    try {
      return new TextDecoder(utf16, { fatal: true }).decode(bytes);
    } catch {
      throw refusal({ line: 1, text: "the file begins as UTF-16 and is not; save it as UTF-8" });
    }
  }
  if (isUtf8(bytes)) return new TextDecoder().decode(bytes);
  throw refusal({
    line: firstBadLine(bytes),
    text: "these bytes are not UTF-8 text; save the file as UTF-8",
  });
}

function detectUtf16([first, second]: Uint8Array): "utf-16le" | "utf-16be" | undefined {
  if (first === 0xff && second === 0xfe) return "utf-16le";
  return first === 0xfe && second === 0xff ? "utf-16be" : undefined;
}

/** No character of several bytes holds a line end, so each line can be judged alone. */
function firstBadLine(bytes: Uint8Array): number {
  let line = 1;
  for (let from = 0; from < bytes.length; line++) {
    const end = bytes.indexOf(LINE_END, from);
    const to = end === -1 ? bytes.length : end;
    if (!isUtf8(bytes.subarray(from, to))) return line;
    from = to + 1;
  }
  return line;
}
