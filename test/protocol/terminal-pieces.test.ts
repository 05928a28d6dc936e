import { expect, test } from "vitest";
import { plainOutput, terminalPieces } from "../../protocol/terminal-pieces.ts";
import { cpuTimeOf } from "../cpu-time.ts";

test.each([
  ["plain", "plain"],
  ["\x1b[1;31mred\x1b[0m and \x1b[4mline\x1b[24m", "red and line"],
  ["\x1b[38;5;196mmany\x1b[48;2;1;2;3m colours\x1b[m", "many colours"],
  ["10 %\r50 %\r100 %\ndone\r\n", "100 %\ndone\n"],
  ["\x1b]0;title\x07\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"],
  ["\x1b[2K\x1b[1G\x1b[?25lspin\x1b[?25h", "spin"],
  ["\x1b[", "["],
  ["\x00bell\x07\x7f", "bell"],
  ["tab\tstays", "tab\tstays"],
  ["half \x1b[3", "half [3"],
  ["downloading\rabc", "abcnloading"],
  ["downloading\r\x1b[Kabc", "abc"],
  ["a\rb\nc\rd\r\n", "b\nd\n"],
  ["日本\r中", "中本"],
  ["a 1\nb 1\n\x1b[2A\x1b[2Ka 2\n\x1b[2Kb 2\n", "a 2\nb 2\n"],
  ["a\nb\n\x1b[2F\x1b[Jc\n", "c\n"],
])("of %j one reads %j", (output, text) => {
  expect(plainOutput(output)).toBe(text);
});

test.each([
  ["one line", "x"],
  ["carriage returns", "x\r"],
  ["escapes", "\x1b["],
  ["titles", "\x1b]"],
  ["colours", "\x1b[31m"],
  ["digits", "1"],
  ["lines and moves back", "m\n\x1b[A"],
])("an output of nothing but %s takes no time to speak of", (_, part) => {
  const output = `\x1b[${part.repeat(64_000 / part.length)}`;
  // A pattern that looks through the text once for each character takes seconds.
  expect(cpuTimeOf(() => terminalPieces(output))).toBeLessThan(500);
});

test("colours and weights become classes, and end where they end", () => {
  expect(terminalPieces("a\x1b[1;92mb\x1b[22mc\x1b[0md\x1b[2;3me")).toEqual([
    { text: "a", look: "" },
    { text: "b", look: "c2 bold" },
    { text: "c", look: "c2" },
    { text: "d", look: "" },
    { text: "e", look: "dim italic" },
  ]);
});

test("of 256 colours, and of any, one of six is shown, and inverse text as such", () => {
  const lookOf = (codes: string) => terminalPieces(`\x1b[${codes}mx`)[0]!.look;
  expect(lookOf("38;5;196")).toBe("c1");
  expect(lookOf("38;5;46;1")).toBe("c2 bold");
  expect(lookOf("38:5:226")).toBe("c3");
  expect(lookOf("38;5;12")).toBe("c4");
  expect(lookOf("38;2;200;40;210")).toBe("c5");
  expect(lookOf("38:2::30:200:220;4")).toBe("c6 underline");
  expect(lookOf("38;5;240")).toBe("dim");
  expect(lookOf("38;5;255")).toBe("");
  expect(lookOf("48;5;196;3")).toBe("italic");
  expect(lookOf("7;31")).toBe("c1 inverse");
  expect(lookOf("7;27")).toBe("");
});

test("what is written over keeps the looks of what stays", () => {
  expect(terminalPieces("\x1b[31mdownloading\x1b[32m\rabc\x1b[0m\n!")).toEqual([
    { text: "abc", look: "c2" },
    { text: "nloading", look: "c1" },
    { text: "\n!", look: "" },
  ]);
});
