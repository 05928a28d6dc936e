import { canonicalCode } from "../../protocol/canonical-code.ts";
import { readText, type PageElement } from "../../protocol/page-text.ts";

/**
 * Reads the code of a block that has no token yet, so no digest says which reading is right. Some highlighters keep
 * line ends in the text, others make each line an element: the reading with more lines is taken, since the wrong one
 * joins lines. Throws `CanonicalCodeError`.
 */
export function chooseCode(holder: PageElement): string {
  const read = (lines: "text" | "loose", drop: "controls" | "numbers") =>
    withoutPadding(readText(holder, { lines, drop }));
  const byElements = read("loose", "controls");
  const byText = read("text", "controls");
  const lines = countLines(byElements) > countLines(byText) ? "loose" : "text";
  const code = lines === "loose" ? byElements : byText;
  const numberless = read(lines, "numbers");
  return isNumbered(code, numberless) ? numberless : code;
}

/** Pages indent with no-break spaces, and hold empty lines open with zero-width characters. */
function withoutPadding(text: string): string {
  return text
    .replace(/^[\u200b\u2060\ufeff]+$/gm, "")
    .replace(/^[ \t\u00a0]*\u00a0[ \t\u00a0]*/gm, (blanks) => blanks.replaceAll("\u00a0", " "));
}

function countLines(text: string): number {
  return canonicalCode(text).split("\n").length;
}

/** Whether each line of `code` is that of `numberless` behind its number, counted up, in at least two lines. */
function isNumbered(code: string, numberless: string): boolean {
  if (code === numberless) return false;
  const plain = code.trimEnd().split("\n");
  const others = numberless.trimEnd().split("\n");
  const first = Number(/^\s*(\d+)/.exec(code)?.[1]);
  return (
    plain.length > 1 &&
    plain.length === others.length &&
    plain.every((line, index) => {
      const number = new RegExp(`^\\s*${first + index}\\s*[^\\w\\s]?\\s*`).exec(line)?.[0];
      return number !== undefined && line.slice(number.length) === others[index]!.trimStart();
    })
  );
}
