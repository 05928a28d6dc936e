import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { emptyOutput, type Output } from "../../widget/element/view.ts";
import { nextLook, plain } from "../../protocol/terminal-look.ts";
import { addOutput, prepareOutput } from "../../widget/run/output.ts";

beforeAll(() => prepareOutput("\r"));

const text = (output: Output) => output.parts.map(({ text }) => text).join("");
const add = (...chunks: string[]) =>
  chunks.reduce((output, chunk) => addOutput(output, "stdout", chunk), emptyOutput);

test("colours and other escape sequences leave, also where a chunk ends inside one", () => {
  expect(text(add("\x1b[1;31mred\x1b[0m \x1b]0;title\x07x"))).toBe("red x");
  expect(text(add("a\x1b", "[3", "1mb\x1b]0;t", "itle\x1b", "\\c"))).toBe("abc");
});

test("however output is divided into chunks, the same text is shown", () => {
  const piece = fc.constantFrom(
    "a",
    "π",
    "\n",
    "\r\n",
    "\r",
    "\x1b[K",
    "\x1b[31m",
    "\x1b]8;;x\x07",
    "\x07",
    "b c",
  );
  fc.assert(
    fc.property(fc.array(piece), fc.nat(), (pieces, seed) => {
      const whole = pieces.join("");
      const at = whole.length === 0 ? 0 : seed % whole.length;
      const end = "\n";
      expect(text(add(whole.slice(0, at), whole.slice(at), end))).toBe(text(add(whole, end)));
    }),
  );
});

test("line ends of every kind become one, and other control characters leave", () => {
  expect(text(add("a\r\nb\rc\0\x07\td\n"))).toBe("a\nc\td\n");
});

test("a progress bar is one line, however it is divided into chunks", () => {
  const steps = Array.from({ length: 21 }, (_, step) => `\rdownloading ${step * 5} %`);
  const shown = "downloading 100 %\ndone\n";
  expect(text(add(...steps, "\ndone\n"))).toBe(shown);
  expect(text(add(`${steps.join("")}\ndone\n`))).toBe(shown);
  expect(text(add(...`before\n${steps.join("")}\ndone\n`.split("")))).toBe(`before\n${shown}`);
});

test("characters replace what they are written over, and the rest stays unless it is erased", () => {
  expect(text(add("downloading\rabc"))).toBe("abcnloading");
  expect(text(add("downloading\r", "\x1b[K", "abc"))).toBe("abc");
  expect(text(add("downloading\x1b[2K\x1b[1Gabc"))).toBe("abc");
  expect(text(add("a\nbc\r", "d\ne"))).toBe("a\ndc\ne");
  expect(text(add("日本\r", "中"))).toBe("中本");
});

test("a line that is written over stays one line where the output has grown long", () => {
  const many = "line\n".repeat(5_000);
  const output = add(many, "\r10 %", "\r20 %", "\r30 %\n");
  expect(text(output)).toBe(`${many}30 %\n`);
});

test("a line of any length is written in little time", () => {
  let output = emptyOutput;
  for (let i = 0; i < 3_000; i++) output = addOutput(output, "stdout", `\r${"=".repeat(i)}>`);
  expect(text(output)).toBe(`${"=".repeat(2_999)}>`);
});

test("an escape sequence that never ends does not swallow what follows for ever", () => {
  expect(text(add("\x1b]0;", "x".repeat(300), "shown"))).toContain("shown");
});

test("stdout and stderr stay apart, in the order they came", () => {
  let output = addOutput(emptyOutput, "stdout", "a");
  output = addOutput(output, "stderr", "b");
  output = addOutput(addOutput(output, "stdout", "c"), "stdout", "d");
  expect(output.parts.map(({ stream, text }) => `${stream} ${text}`)).toEqual([
    "stdout a",
    "stderr b",
    "stdout cd",
  ]);
});

test("a cut begins a piece of its own that says how much is missing", () => {
  const output = addOutput(add("head"), "stdout", "tail", 500);
  expect(output.parts.at(-1)).toEqual({ stream: "stdout", text: "tail", cut: 500 });
});

test("endless output keeps the page small and says how much of it is gone", () => {
  let output = emptyOutput;
  const line = "0123456789".repeat(100);
  for (let i = 0; i < 2_000; i++) output = addOutput(output, "stdout", line);
  expect(text(output).length).toBeLessThanOrEqual(400_000);
  expect(text(output).length + output.dropped).toBe(2_000 * 1_000);
});

test("output that changes streams at each character keeps the page small as well", () => {
  let output = emptyOutput;
  for (let i = 0; i < 9_000; i++) output = addOutput(output, i % 2 ? "stdout" : "stderr", "x");
  expect(output.parts.length).toBeLessThanOrEqual(2_000);
  expect(text(output).length + output.dropped).toBe(9_000);
});

test("a backspace moves back, so that a spinner is one character", () => {
  expect(text(add("working |\b/\b", "-\b\\\n"))).toBe("working \\\n");
  expect(text(add("\b\bab\b\b\bc"))).toBe("cb");
});

test("looks go with their text, over chunks, streams and lines that are written over", () => {
  const red = nextLook(plain, "31");
  const green = nextLook(plain, "1;32");
  const spansOf = (...chunks: string[]) =>
    add(...chunks).parts.map(({ text, spans }) => {
      let at = 0;
      return spans?.map(({ length, look }) => [text.slice(at, (at += length)), look]);
    })[0];
  expect(spansOf("a\x1b[3", "1mred\nred", "\x1b[0m b")).toEqual([
    ["a", undefined],
    ["red", red],
    ["\n", undefined],
    ["red", red],
    [" b", undefined],
  ]);
  expect(spansOf("\x1b[31mdownloading\r", "\x1b[0;1;32mabc")).toEqual([
    ["abc", green],
    ["nloading", red],
  ]);
  let output = addOutput(emptyOutput, "stdout", "\x1b[31mred");
  output = addOutput(output, "stderr", "plain");
  output = addOutput(output, "stdout", "red again");
  expect(output.parts.map(({ spans }) => spans?.[0]?.look)).toEqual([red, undefined, red]);
});

test("long output is divided into small pieces at its line ends, with its looks", () => {
  const line = `\x1b[31m${"x".repeat(99)}\n`;
  const output = add(line.repeat(3_000));
  expect(text(output)).toBe(`${"x".repeat(99)}\n`.repeat(3_000));
  for (const { text, spans } of output.parts) {
    expect(text.length).toBeLessThanOrEqual(2 * 8_192);
    expect(text.endsWith("\n")).toBe(true);
    expect(spans?.reduce((sum, { length }) => sum + length, 0)).toBe(text.length);
  }
  expect(add("\ud83d\ude00".repeat(10_001)).parts.every(({ text }) => text.isWellFormed())).toBe(
    true,
  );
});
