/**
 * Canonical form c1 of a block's source text. Only this form is hashed and executed. It tolerates the
 * changes that a web page makes to code (indentation of the surrounding HTML, line ends, empty lines around
 * it) and nothing else.
 */
export class CanonicalCodeError extends Error {
  override readonly name = "CanonicalCodeError";
  /** The forbidden content of the text. */
  readonly found: "NUL" | "a lone surrogate" | "a bidirectional control character";
  /** 1-based line of its first occurrence. */
  readonly line: number;

  constructor(found: CanonicalCodeError["found"], line: number) {
    super(`line ${line} holds ${found}, which a block may not hold`);
    this.found = found;
    this.line = line;
  }
}

/** The canonical form of `source`; empty where `source` is blank. Throws `CanonicalCodeError`. */
export function canonicalCode(source: string): string {
  const text = source.replace(/\r\n?/g, "\n");
  refuse(text, /\0/, "NUL");
  refuse(
    text,
    /[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/,
    "a bidirectional control character",
  );
  refuse(text, /\p{Surrogate}/u, "a lone surrogate");

  const lines = text.split("\n").map((line) => (/[^ \t]/.test(line) ? line : ""));
  // Linear time, because anyone may send text with many lines: each step reads a line once.
  const first = lines.findIndex((line) => line !== "");
  if (first === -1) return "";
  const last = lines.findLastIndex((line) => line !== "");
  const indentation = commonIndentation(lines);
  const kept = lines.slice(first, last + 1).map((line) => line.slice(indentation));
  return `${kept.join("\n")}\n`;
}

/**
 * Whether the canonical form differs from `source` by more than line ends, common indentation and
 * empty lines at both ends: today that is only blanks on otherwise empty lines between code.
 */
export function changedInside(source: string): number[] {
  const lines = source.replace(/\r\n?/g, "\n").split("\n");
  const first = lines.findIndex((line) => /[^ \t]/.test(line));
  const last = lines.findLastIndex((line) => /[^ \t]/.test(line));
  const indentation = commonIndentation(lines.map((line) => (/[^ \t]/.test(line) ? line : "")));
  return lines.flatMap((line, index) =>
    index > first && index < last && /^[ \t]+$/.test(line) && line.length > indentation
      ? [index + 1]
      : [],
  );
}

/** Length of the longest prefix of blanks that is the same on every line that has a non-blank. */
function commonIndentation(lines: string[]): number {
  let common: string | undefined;
  for (const line of lines) {
    if (line === "") continue;
    const indentation = /^[ \t]*/.exec(line)![0];
    if (common === undefined) {
      common = indentation;
      continue;
    }
    let length = 0;
    while (length < common.length && common[length] === indentation[length]) length++;
    common = common.slice(0, length);
  }
  return common?.length ?? 0;
}

function refuse(text: string, pattern: RegExp, found: CanonicalCodeError["found"]): void {
  const match = pattern.exec(text);
  if (match) throw new CanonicalCodeError(found, text.slice(0, match.index).split("\n").length);
}
