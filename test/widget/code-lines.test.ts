import { expect, test } from "vitest";
import { colourLines, knownLines, type CodeLine } from "../../widget/editor/code-lines.ts";

const red = "color:red";
const blue = "color:blue";
const author: CodeLine[] = [
  [
    { text: "    ", look: undefined },
    { text: "puts", look: red },
    { text: " 6", look: blue },
  ],
  [{ text: "    end", look: red }],
];
const known = knownLines(author);

/** `puts/red  6/blue`: each piece with its colour. */
const seen = (lines: readonly CodeLine[]) =>
  lines.map((line) => line.map(({ text, look }) => `${text}/${look?.slice(6) ?? "-"}`).join(" "));

test("lines keep the author's colours whatever their indentation", () => {
  expect(seen(colourLines("puts 6\n  end", known))).toEqual(["puts/red  6/blue", "  /- end/red"]);
});

test("a changed line keeps the colours of its beginning and its end", () => {
  const before = colourLines("puts 6\nend", known);
  const after = colourLines("puts 42 6\nend", known, before);
  expect(seen(after)).toEqual(["puts/red  /blue 42 /- 6/blue", "end/red"]);
  expect(after[1]).toBe(before[1]);
});

test("a line that becomes the author's again has all of its colours again", () => {
  const before = colourLines("puts 6\nend", known);
  const changed = colourLines("pts 6\nend", known, before);
  expect(seen(changed)[0]).toBe("p/red ts/red  6/blue");
  expect(seen(colourLines("puts 6\nend", known, changed))[0]).toBe("puts/red  6/blue");
});

test("lines below an inserted or a deleted one keep their colours", () => {
  const before = colourLines("puts 6\nend", known);
  const more = colourLines("puts 6\nnew\nend", known, before);
  expect(seen(more)).toEqual(["puts/red  6/blue", expect.stringContaining("/-"), "end/red"]);
  expect(seen(colourLines("end", known, more))).toEqual(["end/red"]);
});

test("an empty text is one empty line", () => {
  expect(colourLines("", known, colourLines("puts 6", known))).toEqual([[]]);
});
