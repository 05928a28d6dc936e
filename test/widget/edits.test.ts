import { expect, test } from "vitest";
import { indent, indentUnit, newLine, outdent, type Edit } from "../../widget/editor/edits.ts";

/** A text with its selection between `[` and `]`, or its caret at `|`. */
function selected(marked: string) {
  const text = marked.replace(/[[\]|]/g, "");
  const start = marked.search(/[[|]/);
  return { text, start, end: marked.includes("]") ? marked.indexOf("]") - 1 : start };
}

/** The text after `edit`, marked in the same way. */
function after(marked: string, edit: Edit | undefined): string {
  if (!edit) return marked;
  const { text } = selected(marked);
  const [start, end] = edit.selection;
  const next = text.slice(0, edit.from) + edit.insert + text.slice(edit.to);
  const [a, b, c] = [next.slice(0, start), next.slice(start, end), next.slice(end)];
  return start === end ? `${a}|${c}` : `${a}[${b}]${c}`;
}

test.each([
  ["a|b", "a |b"],
  ["|ab", "  |ab"],
  ["ab|", "ab  |"],
  ["x[ab]c", "x |c"],
  ["[a\nb]", "[  a\n  b]"],
  ["x[a\nb]c", "  x[a\n  b]c"],
  ["[a\n]b", "[  a\n]b"],
  ["[a\n\nb]", "[  a\n\n  b]"],
])("Tab in %j gives %j", (marked, expected) => {
  expect(after(marked, indent(selected(marked), "  "))).toBe(expected);
});

test.each([
  ["  a|b", "a|b"],
  [" |ab", "|ab"],
  ["|  ab", "|ab"],
  ["\ta|", "a|"],
  ["ab|", "ab|"],
  ["[    a\n b]", "[  a\nb]"],
  ["  a[b\n  c]d", "a[b\nc]d"],
  ["  [a\n]  b", "[a\n]  b"],
])("Shift+Tab in %j gives %j", (marked, expected) => {
  expect(after(marked, outdent(selected(marked), "  "))).toBe(expected);
});

test.each([
  ["a|", "a\n|"],
  ["  if x:|", "  if x:\n  |"],
  ["\t\ta|b", "\t\ta\n\t\t|b"],
  ["  |  a", "  \n  |  a"],
  ["  a[b\nc]d", "  a\n  |d"],
])("Enter in %j gives %j", (marked, expected) => {
  expect(after(marked, newLine(selected(marked)))).toBe(expected);
});

test.each([
  ["a", 2],
  ["if x:\n    y", 4],
  ["{\n  a\n    b\n}", 2],
  ["/*\n * c\n */\nif x:\n    y", 4],
])("the indentation of %j is %i blanks", (text, width) => {
  expect(indentUnit(text)).toBe(" ".repeat(width));
});

test("where a line begins with a tab, a level is a tab", () => {
  expect(indentUnit("a\n\tb\n  c")).toBe("\t");
});
