import { expect, test } from "vitest";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { agoWords, duration } from "../../../../server/pages/format.ts";
import { daysFigure } from "../../../../server/pages/projects/days.ts";
import { MARKS } from "../../../../server/pages/projects/marks.ts";
import { shownSteps } from "../../../../server/pages/projects/steps.ts";
import { plainText, terminalText } from "../../../../server/pages/projects/terminal.ts";
import { phasesOf } from "../../../../server/pages/projects/timeline.ts";
import { refWords } from "../../../../server/pages/projects/words.ts";
import { cpuTimeOf } from "../../../cpu-time.ts";

test("the pages' marks are the widget's", () => {
  const widget = readFileSync(join(import.meta.dirname, "../../../../widget/marks.ts"), "utf8");
  for (const path of Object.values(MARKS)) expect(widget).toContain(`"${path}"`);
});

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
])("of %j one reads %j", (output, text) => {
  expect(plainText(output)).toBe(text);
});

test.each([
  ["one line", "x"],
  ["carriage returns", "x\r"],
  ["escapes", "\x1b["],
  ["titles", "\x1b]"],
  ["colours", "\x1b[31m"],
  ["digits", "1"],
])("an output of nothing but %s takes no time to speak of", (_, part) => {
  const output = `\x1b[${part.repeat(64_000 / part.length)}`;
  // A pattern that looks through the text once for each character takes seconds.
  expect(cpuTimeOf(() => terminalText(output))).toBeLessThan(500);
});

test("colours and weights become classes, and end where they end", () => {
  expect(terminalText("a\x1b[1;92mb\x1b[22mc\x1b[0md\x1b[2;3me")).toEqual([
    { text: "a", look: "" },
    { text: "b", look: "c2 bold" },
    { text: "c", look: "c2" },
    { text: "d", look: "" },
    { text: "e", look: "dim italic" },
  ]);
});

test("of 256 colours, and of any, one of six is shown, and inverse text as such", () => {
  const lookOf = (codes: string) => terminalText(`\x1b[${codes}mx`)[0]!.look;
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
  expect(terminalText("\x1b[31mdownloading\x1b[32m\rabc\x1b[0m\n!")).toEqual([
    { text: "abc", look: "c2" },
    { text: "nloading", look: "c1" },
    { text: "\n!", look: "" },
  ]);
});

const event = (at: number, body: object) => ({ at, body: JSON.stringify(body) });

test("output belongs to the step under way, and a cut is marked where it is", () => {
  const steps = shownSteps([
    event(1, { type: "output", stream: "stderr", text: "before\n" }),
    event(2, { type: "step_started", step: 1, kind: "command", name: "make" }),
    event(3, { type: "output", stream: "stdout", text: "a" }),
    event(4, { type: "output", stream: "stdout", text: "b", cut: 5 }),
    event(5, { type: "output", stream: "stderr", text: "c" }),
    event(6, { type: "step_ended", step: 1, exit_code: 2, signal: null, ran_s: 1 }),
  ]);
  expect(steps).toMatchObject([
    { step: 0, output: [{ stream: "stderr", text: "before\n" }] },
    {
      ...{ step: 1, name: "make", startedAt: 2, ended: { exitCode: 2, ranS: 1 } },
      output: [
        { stream: "stdout", text: "a\n[… 5 bytes cut …]\nb" },
        { stream: "stderr", text: "c" },
      ],
    },
  ]);
});

test("of a long output the end is shown, and how much is missing said", () => {
  const [step] = shownSteps([
    event(1, { type: "step_started", step: 1, kind: "command", name: "make" }),
    event(2, { type: "output", stream: "stderr", text: "x".repeat(1000) }),
    event(3, { type: "output", stream: "stdout", text: "y".repeat(63_999) + "z" }),
  ]);
  expect(step).toMatchObject({ left: 1000, output: [{ stream: "stdout" }] });
  expect(step!.output[0]!.text.endsWith("yz")).toBe(true);
});

test("a run's time is split into waiting, waking and running, with no gap", () => {
  const happenings = [
    event(100, { type: "queued" }),
    event(300, { type: "waking" }),
    event(400, { type: "waking" }),
    event(900, { type: "attempt_started" }),
    event(1500, { type: "retrying" }),
    event(2000, { type: "attempt_started" }),
    event(2600, { type: "ended" }),
  ];
  expect(phasesOf(happenings, 100, "failed", 9999)).toEqual([
    { name: "waiting", from: 100, to: 300 },
    { name: "waking", from: 300, to: 900 },
    { name: "running", from: 900, to: 1500 },
    { name: "waiting", from: 1500, to: 2000 },
    { name: "running", from: 2000, to: 2600 },
  ]);
  expect(phasesOf(happenings.slice(0, 2), 100, "waking", 700).at(-1)).toEqual({
    ...{ name: "waking", from: 300, to: 700 },
  });
});

test.each([
  ["refs/heads/feature/x", "feature/x"],
  ["refs/tags/v1.2", "tag v1.2"],
  ["refs/pull/12/head", "pull request 12"],
  ["refs/merge-requests/3/head", "merge request 3"],
  ["refs/notes/x", "refs/notes/x"],
])("%s reads %s", (ref, words) => {
  expect(refWords(ref)).toBe(words);
});

test("times are short", () => {
  expect([0.004, 0.4, 14, 72, 7500].map(duration)).toEqual([
    "0.01 s",
    "0.4 s",
    "14 s",
    "1 min 12 s",
    "2 h 5 min",
  ]);
  const day = 86_400_000;
  const now = Date.UTC(2026, 10, 22, 12);
  expect(
    [0, 59_000, 300_000, 3 * 3_600_000, 1.5 * day, 6 * day, 40 * day].map((past) =>
      agoWords(now - past, now),
    ),
  ).toEqual([
    "just now",
    "just now",
    "5 min ago",
    "3 h ago",
    "yesterday",
    "6 days ago",
    "2026-10-13",
  ]);
});

test("each day's runs are a column, those that failed hollow on top, and a row", async () => {
  const at = (day: number) => Date.UTC(2026, 10, day);
  const html = String(
    await daysFigure([
      { at: at(20), succeeded: 0, failed: 0 },
      { at: at(21), succeeded: 3, failed: 1 },
    ]),
  );
  expect(html).toContain("4 runs in 2 days, 1 of them failed");
  expect(html.match(/<rect class="(succeeded|failed)"/g)?.length).toBe(2);
  expect(html).toMatch(/2026-11-21[^]*>3<[^]*>1</);
  expect(html).not.toContain("2026-11-20");
});
