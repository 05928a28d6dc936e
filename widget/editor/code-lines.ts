/** A piece of one line in one look. */
export interface Token {
  text: string;
  /** CSS declarations, as the page's highlighter chose them; absent: those of the whole code. */
  look: string | undefined;
}

/** A line of code in its looks. */
export type CodeLine = readonly Token[];

/** Known lines by their text without outer blanks: pages may indent code that the editor shows unindented. */
export type KnownLines = ReadonlyMap<string, CodeLine>;

export function knownLines(lines: readonly CodeLine[]): KnownLines {
  const known = new Map<string, CodeLine>();
  for (const line of lines) {
    const key = textOf(line).trim();
    if (key !== "" && !known.has(key)) known.set(key, trimmed(line));
  }
  return known;
}

/**
 * The lines of `text` in the looks of the author's lines. A line that the author has not keeps the looks of
 * its unchanged beginning and end, from the line that stood there `before`.
 */
export function colourLines(
  text: string,
  known: KnownLines,
  before: readonly CodeLine[] = [],
): CodeLine[] {
  const texts = text.split("\n");
  const old = before.map(textOf);
  const shortest = Math.min(texts.length, old.length);
  let head = 0;
  while (head < shortest && texts[head] === old[head]) head++;
  let tail = 0;
  while (tail < shortest - head && texts.at(-1 - tail) === old.at(-1 - tail)) tail++;
  return texts.map((line, index) => {
    if (index < head) return before[index]!;
    const fromEnd = texts.length - index;
    if (fromEnd <= tail) return before[before.length - fromEnd]!;
    return (
      lineFrom(known, line) ?? changedLine(line, before[Math.min(index, before.length - tail - 1)])
    );
  });
}

/** The author's line of this text, with the blanks around it that this one has. */
function lineFrom(known: KnownLines, text: string): CodeLine | undefined {
  const found = known.get(text.trim());
  if (!found) return undefined;
  const start = text.length - text.trimStart().length;
  const runs = [...plain(text.slice(0, start)), ...found];
  return [...runs, ...plain(text.slice(text.trimEnd().length))];
}

/** Keeps looks up to the first change and from the last change on. */
function changedLine(text: string, before: CodeLine | undefined): CodeLine {
  if (!before) return plain(text);
  const old = textOf(before);
  const shortest = Math.min(text.length, old.length);
  let head = 0;
  while (head < shortest && text[head] === old[head]) head++;
  let tail = 0;
  while (tail < shortest - head && text.at(-1 - tail) === old.at(-1 - tail)) tail++;
  return [
    ...cut(before, 0, head),
    ...plain(text.slice(head, text.length - tail)),
    ...cut(before, old.length - tail, old.length),
  ];
}

function trimmed(line: CodeLine): CodeLine {
  const text = textOf(line);
  return cut(line, text.length - text.trimStart().length, text.trimEnd().length);
}

function cut(line: CodeLine, from: number, to: number): Token[] {
  const runs: Token[] = [];
  let at = 0;
  for (const { text, look } of line) {
    const piece = text.slice(Math.max(0, from - at), Math.max(0, to - at));
    if (piece !== "") runs.push({ text: piece, look });
    at += text.length;
  }
  return runs;
}

function plain(text: string): Token[] {
  return text === "" ? [] : [{ text, look: undefined }];
}

function textOf(line: CodeLine): string {
  return line.map(({ text }) => text).join("");
}
