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
    "\x1b[A",
    "\x1b[2B",
    "\x1b[F",
    "\x1b[E",
    "\x1b[J",
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

test("displays of several progress bars are rewritten in place", () => {
  // Docker: up, erase, write, down.
  const docker = (layer: number, says: string) =>
    `\x1b[${3 - layer}A\x1b[2K\r${layer}: ${says}\x1b[${3 - layer}B\r`;
  const pulled = [0, 1, 2].flatMap((layer) => [10, 60, 100].map((at) => docker(layer, `${at} %`)));
  const docked = "0: 100 %\n1: 100 %\n2: 100 %\ndone\n";
  expect(text(add("0: wait\n1: wait\n2: wait\n", ...pulled, "done\n"))).toBe(docked);
  expect(text(add(`0: wait\n1: wait\n2: wait\n${pulled.join("")}done\n`))).toBe(docked);
  // tqdm: line ends go down, and it returns to the first bar.
  const bars = Array.from({ length: 9 }, (_, n) => `\r\x1b[Ka ${n}\n\r\x1b[Kb ${n}\x1b[A`);
  expect(text(add("start\n", ...bars, "\n\n"))).toBe("start\na 8\nb 8\n");
  // log-update, which npm's tools use: erase all lines upwards, then write them.
  const frames = [1, 2, 3].map((n) => `\x1b[2K\x1b[1A\x1b[2K\x1b[1A\x1b[2K\x1b[Gx ${n}\ny ${n}\n`);
  expect(text(add("x 0\ny 0\n", ...frames))).toBe("x 3\ny 3\n");
  expect(text(add("a\nb\nc\n\x1b[3F\x1b[Jd\n"))).toBe("d\n");
  expect(text(add("a\nb\x1b[1Fc\x1b[Ed"))).toBe("c\nd");
});

test("colours move with the lines that are rewritten", () => {
  const output = add("\x1b[31mone\ntwo\n", "\x1b[2A\x1b[32mONE\x1b[2B\x1b[0m\rend");
  const [{ text: shown, spans } = { text: "" }] = output.parts;
  expect(shown).toBe("ONE\ntwo\nend");
  expect(spans?.[0]).toEqual({ length: 3, look: nextLook(plain, "32") });
});

test("a program goes back no further than a tall terminal, and the page stays small", () => {
  const many = "line\n".repeat(100);
  expect(text(add(many, "\x1b[99A", "X"))).toBe(
    `${"line\n".repeat(37)}Xine\n${"line\n".repeat(62)}`,
  );
  let output = emptyOutput;
  for (let n = 0; n < 3_000; n++) {
    output = addOutput(output, "stdout", `log ${n}\n${"bar\n".repeat(30)}\x1b[30A`);
  }
  expect(text(output)).toBe(
    `${Array.from({ length: 3_000 }, (_, n) => `log ${n}\n`).join("")}${"bar\n".repeat(30)}`,
  );
  for (const { text } of output.parts) expect(text.length).toBeLessThan(3 * 8_192);
  // Moving up and down over long lines does not fill short ones with blanks.
  const wide = add(`${"x".repeat(8_000)}\n\n\n`, "\x1b[3A\r", "y".repeat(8_000), "\x1b[Bz\x1b[Bz");
  expect(text(wide).length).toBeLessThan(11_000);
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
