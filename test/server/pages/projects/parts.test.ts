import { describe, expect, test } from "vitest";
import { age } from "../../../../server/pages/format.ts";
import { daysFigure } from "../../../../server/pages/projects/days.ts";
import type { RunEvent, EventBody } from "../../../../protocol/events.ts";
import { liveEncoder, type SentChange } from "../../../../server/pages/projects/live.ts";
import { encodeText } from "../../../../server/runs/encode.ts";
import { piecesOf } from "../../../../server/runs/log-lines.ts";
import { failingLines, loggedSteps, shownSteps } from "../../../../server/runs/log-steps.ts";
import { trendOf } from "../../../../server/commands/reading/branch.ts";
import { repositoryLinks } from "../../../../server/pages/projects/repository-links.ts";
import { suggestedSlug } from "../../../../server/pages/start/page.ts";
import { barsOf, waterfall } from "../../../../server/pages/projects/waterfall.ts";
import { type Piece, plainOutput, terminalPieces } from "../../../../protocol/terminal-pieces.ts";
import { phasesOf } from "../../../../server/pages/projects/phases.ts";
import { sha256 } from "../../../../server/database/ids.ts";
import { cpuTimeOf } from "../../../cpu-time.ts";

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

const event = (at: number, event: object) => ({ at, event: event as EventBody });

test("a line has the time of the output that begins it, since the start of its step", () => {
  const said = (at: number, text: string, stream = "stdout") =>
    event(at, { type: "output", stream, text });
  const [step] = loggedSteps([
    event(1000, { type: "step_started", step: 1, kind: "command", name: "make" }),
    ...[said(1100, "a\nb"), said(1200, " goes on\nc\n"), said(1300, "d\n")],
    ...[said(1400, "warning\n", "stderr"), said(1500, `${"e".repeat(9000)}\n`), said(1600, "f")],
  ]);
  expect(step!.lines.map(({ raw, afterMs }) => [raw.slice(0, 9), afterMs])).toEqual([
    ...[
      ["a", 100],
      ["b goes on", 100],
      ["c", 200],
      ["d", 300],
      ["warning", 400],
    ],
    ...[
      ["eeeeeeeee", 500],
      ["eeeeeeeee", 500],
      ["f", 600],
    ],
  ]);
});

const BESIDE: readonly object[] = [
  { type: "step_started", step: 1, kind: "command", name: "lint\nsecond line" },
  { type: "step_started", step: 2, kind: "command", name: "test" },
  { type: "output", stream: "stdout", text: "a\nhal", step: 1 },
  { type: "output", stream: "stdout", text: "b\n", step: 2 },
  { type: "output", stream: "stdout", text: "f\n", step: 1 },
  { type: "step_ended", step: 2, exit_code: 3, signal: null, ran_s: 1 },
  { type: "output", stream: "stdout", text: "c", step: 1 },
  { type: "output", stream: "stdout", text: "?\n", step: 9 },
  { type: "step_ended", step: 1, exit_code: 1, signal: null, ran_s: 2 },
];

test("output that names its step belongs to it, whatever has started or ended meanwhile", () => {
  const steps = loggedSteps(BESIDE.map((one, at) => event(at, one)));
  expect(steps.map(({ step, lines }) => [step, lines.map(({ raw }) => raw)])).toEqual([
    [1, ["a", "half", "c"]],
    [2, ["b"]],
    [0, ["?"]],
  ]);
  const encode = liveEncoder([]);
  const sent = BESIDE.map((one, index) =>
    encode([{ run: "r", id: index + 1, at: "2026-01-01T00:00:00Z", ...one } as RunEvent]),
  );
  const changes = sent.flatMap((text) => {
    const data = /event: log\ndata: (.*)/.exec(text)?.[1];
    return data === undefined ? [] : (JSON.parse(data) as SentChange[]);
  });
  expect(changes.map(({ step, add, lines }) => [step, add, lines])).toEqual([
    [
      0,
      undefined,
      [
        [1, 0, ["a"]],
        [2, 0, ["hal"]],
      ],
    ],
    [1, undefined, [[1, 0, ["b"]]]],
    [0, [2, ["f"]], []],
    [0, undefined, [[3, 0, ["c"]]]],
    [2, undefined, [[1, 0, ["?"]]]],
  ]);
});

test("as text, the lines of steps that run beside one another stay whole, each below its step's name", () => {
  const encode = encodeText({ raw: false });
  const text = BESIDE.map((one, index) =>
    encode([{ run: "r", id: index + 1, at: "2026-01-01T00:00:00Z", ...one } as RunEvent]),
  ).join("");
  expect(text).toBe(
    "[lint]\n[test]\n[lint]\na\n[test]\nb\n[lint]\nhalf\n[test: exit status 3 after 1.0 s]\n?\n" +
      "[lint]\nc\n[exit status 1 after 2.0 s]\n",
  );
});

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
    { step: 0, lines: [{ number: 1, stream: "stderr", raw: "before" }] },
    {
      ...{ step: 1, name: "make", startedAt: 2, ended: { exitCode: 2, ranS: 1 } },
      lines: [
        { number: 1, stream: "stdout", raw: "a" },
        { number: 2, stream: "stdout", raw: "[… 5 bytes cut …]" },
        { number: 3, stream: "stdout", raw: "b" },
        { number: 4, stream: "stderr", raw: "c" },
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
  expect(step!.left).toBeGreaterThanOrEqual(1000);
  expect(step!.lines.every(({ stream }) => stream === "stdout")).toBe(true);
  expect(step!.lines.at(-1)!.raw.endsWith("yz")).toBe(true);
  const shown = step!.lines.reduce((sum, { raw }) => sum + raw.length, 0);
  expect([shown + step!.left, shown > 50_000, shown <= 64_000]).toEqual([65_000, true, true]);
});

test("a run's time is split into waiting, waking and running, with no gap", () => {
  const events = [
    event(100, { type: "queued" }),
    event(300, { type: "waking" }),
    event(400, { type: "waking" }),
    event(900, { type: "attempt_started" }),
    event(1500, { type: "retrying" }),
    event(2000, { type: "attempt_started" }),
    event(2600, { type: "ended" }),
  ];
  expect(phasesOf(events, 100, "failed", 9999)).toEqual([
    { name: "waiting", from: 100, to: 300 },
    { name: "waking", from: 300, to: 900 },
    { name: "running", from: 900, to: 1500 },
    { name: "waiting", from: 1500, to: 2000 },
    { name: "running", from: 2000, to: 2600 },
  ]);
  expect(phasesOf(events.slice(0, 2), 100, "waking", 700).at(-1)).toEqual({
    ...{ name: "waking", from: 300, to: 700 },
  });
});

test("the waterfall has a row for each phase and step; skipped steps have no bar", async () => {
  const changes = [
    event(100, { type: "queued" }),
    event(300, { type: "waking" }),
    event(900, { type: "attempt_started" }),
  ];
  const step = (at: number, number: number, kind: string, ended?: object) => [
    event(at, { type: "step_started", step: number, kind, name: `step ${number}` }),
    ...(ended ? [event(at, { type: "step_ended", step: number, signal: null, ...ended })] : []),
  ];
  const steps = loggedSteps([
    ...step(1900, 1, "checkout", { exit_code: 0, ran_s: 1 }),
    ...step(2900, 2, "command", { exit_code: null, ran_s: 0, outcome: "skipped" }),
    ...step(2900, 3, "command", { exit_code: 3, ran_s: 2, outcome: "ignored" }),
    ...step(4900, 4, "command", { exit_code: 1, ran_s: 1 }),
    ...step(5900, 5, "command"),
  ]);
  const at = { runEnded: undefined, now: 7900 };
  const bars = barsOf(phasesOf(changes, 100, "running", 7900), steps, at);
  expect(bars.map(({ kind, from, to, step: index }) => [kind, from, to, index])).toEqual([
    ["waiting", 100, 300, undefined],
    ["waking", 300, 900, undefined],
    ["setup", 900, 1900, undefined],
    ["setup", 1900, 2900, 0],
    ["skipped", 2900, 2900, 1],
    ["ignored", 2900, 4900, 2],
    ["failed", 4900, 5900, 3],
    ["running", 5900, 7900, 4],
  ]);
  expect(bars.filter(({ open }) => open).length).toBe(1);
  const rows = (await waterfall(bars, (step) => `?step=${step}`)).toString().split("<tr").slice(2);
  const rects = rows.map((row) => row.split("<rect").length - 1);
  expect(rects).toEqual([1, 1, 1, 1, 0, 1, 1, 1]);
  const labels = rows.map((row) => /aria-label="(.+?)"/.exec(row)?.[1]);
  expect(labels).toEqual([
    ...[undefined, undefined, undefined],
    ...["Succeeded", "skipped", "ignored", "Failed", "Running"],
  ]);
  expect(rows[7]).toContain('<a href="?step=4">step 5</a>');
});

test("a step that ran beside others began before it was printed", () => {
  const [step] = loggedSteps([
    event(5000, {
      ...{ type: "step_started", step: 1, kind: "command", name: "make", began_ago_s: 3 },
    }),
    event(5000, { type: "step_ended", step: 1, exit_code: 0, signal: null, ran_s: 2.5 }),
  ]);
  expect(step).toMatchObject({ startedAt: 2000, ended: { ranS: 2.5 } });
});

test("what failed is quoted from the step that failed, not from one whose failure counts for nothing", () => {
  const printed = (number: number, text: string, ended: object) => [
    event(1, { type: "step_started", step: number, kind: "command", name: "make" }),
    event(1, { type: "output", stream: "stdout", text }),
    event(1, { type: "step_ended", step: number, signal: null, ran_s: 1, ...ended }),
  ];
  const steps = loggedSteps([
    ...printed(1, "the reason\n", { exit_code: 2 }),
    ...printed(2, "no matter\n", { exit_code: 1, outcome: "ignored" }),
    ...printed(3, "Skipped: it failed.\n", { exit_code: null, outcome: "skipped" }),
  ]);
  expect(failingLines(steps, "failed")).toMatchObject({ index: 0, line: { raw: "the reason" } });
  expect(failingLines(steps, "succeeded")).toBeUndefined();
});

test("a trend says since when a branch passes, and how long its runs take", () => {
  const run = (state: "succeeded" | "failed", at: number, ran_ms: number | null) => {
    return { id: `${at}`, state, created_at: at, ended_at: at + 1, ran_ms };
  };
  expect(trendOf([])).toBeUndefined();
  expect(
    trendOf([run("succeeded", 9, 3000), run("succeeded", 7, 1000), run("failed", 5, null)]),
  ).toEqual({ isPassing: true, since: 8, isLonger: false, medianS: 2 });
  expect(trendOf([run("failed", 9, 3000)])).toMatchObject({ isPassing: false, isLonger: true });
});

test.each([
  ["https://github.com/acme/site.git", "https://github.com/acme/site/commit/a"],
  ["git@github.com:acme/site.git", "https://github.com/acme/site/commit/a"],
  ["ssh://git@codeberg.org:22/acme/site", "https://codeberg.org/acme/site/commit/a"],
  ["https://gitlab.com/group/sub/site", "https://gitlab.com/group/sub/site/-/commit/a"],
  ["https://user:token@github.com/acme/site", "https://github.com/acme/site/commit/a"],
  ["http://127.0.0.1:1/acme/site.git", undefined],
  ["file:///srv/git/site.git", undefined],
  [null, undefined],
])("a commit of %s stands at %s", (repository, address) => {
  expect(repositoryLinks(repository)?.commit("a")).toBe(address);
});

test("a page says how long ago without seconds, and the day after two weeks", () => {
  const day = 86_400_000;
  const now = Date.UTC(2026, 10, 22, 12);
  expect(
    [0, 59_000, 300_000, 3 * 3_600_000, 1.5 * day, 6 * day, 40 * day].map((past) =>
      age(now - past, now),
    ),
  ).toEqual([
    "just now",
    "just now",
    "5 min ago",
    "3 h ago",
    "1 day ago",
    "6 days ago",
    "2026-10-13",
  ]);
});

test("each day's runs are a column, those that failed hollow on top, and a row", async () => {
  const at = (day: number) => Date.UTC(2026, 10, day);
  const html = String(
    await daysFigure("a/b", [
      { at: at(20), succeeded: 0, failed: 0 },
      { at: at(21), succeeded: 3, failed: 1 },
    ]),
  );
  expect(html).toContain("4 runs in 2 days, 1 of them failed");
  expect(html.match(/<rect class="(succeeded|failed)"/g)?.length).toBe(2);
  expect(html).toMatch(/2026-11-21[^]*>3<[^]*>1</);
  expect(html).not.toContain("2026-11-20");
});

test("a long output begins with a whole line, under its own number and in the colour in force", () => {
  const text = `\x1b[31m${Array.from({ length: 5000 }, (_, index) => `line ${index + 1} of many`).join("\n")}`;
  const [step] = shownSteps([
    event(1, { type: "step_started", step: 1, kind: "command", name: "make" }),
    event(2, { type: "output", stream: "stdout", text }),
  ]);
  const [first] = step!.lines;
  expect(first!.raw).toBe(`line ${first!.number} of many`);
  expect(piecesOf(first!)).toEqual([{ text: first!.raw, look: "c1" }]);
  expect(step!.lines.at(-1)!.number).toBe(5000);
});

describe("what a live page appends", () => {
  const at = "2026-01-01T00:00:00Z";
  const events = (...of: object[]) =>
    of.map((one, index) => ({ run: "r", id: index + 1, at, ...one }) as RunEvent);
  const begun = [
    { type: "attempt_started", attempt: 1, max_attempts: 3 },
    { type: "step_started", step: 1, kind: "command", name: "make" },
  ];
  const said = (text: string, stream = "stdout") => ({ type: "output", stream, text });

  /** The page's lines after all of `of`, whose first `before` it was made of. */
  function appended(of: object[], before: number): Map<number, string> {
    const all = events(...begun, ...of);
    const page = new Map<number, string>();
    const known = shownSteps(all.slice(1, before).map(({ at: _, ...body }) => event(1, body)))[0];
    for (const line of known?.lines ?? []) page.set(line.number, textsOf(piecesOf(line)));
    const encode = liveEncoder(all.slice(0, before));
    for (const one of all.slice(before)) {
      const [, data] = /^event: log\ndata: (.*)$/m.exec(encode([one])) ?? [];
      for (const { add, lines } of data ? (JSON.parse(data) as SentChange[]) : []) {
        if (add) page.set(add[0], page.get(add[0])! + textsOf(add[1]));
        for (const [number, , pieces] of lines) page.set(number, textsOf(pieces));
      }
    }
    return page;
  }
  /** Each character with its look. */
  const textsOf = (pieces: readonly (string | readonly [string, string] | Piece)[]) =>
    pieces
      .map((piece) => {
        const plain = typeof piece === "string" ? (["", piece] as const) : piece;
        const [look, text] = "text" in plain ? [plain.look, plain.text] : plain;
        return text.replaceAll(/./gsu, (character) => `${look}:${character};`);
      })
      .join("");

  test.each([
    ["whole lines", [said("a\n"), said("b\nc\n")]],
    ["pieces of lines", [said("a"), said("b"), said("c\nd"), said("e\n")]],
    ["dots", Array.from({ length: 50 }, () => said("."))],
    ["a colour over lines", [said("\x1b[31ma\nb"), said("c\x1b[0md\n"), said("e\n")]],
    ["a sequence in two", [said("a\x1b[3"), said("1mred"), said("\x1b[0m\n")]],
    ["a progress bar", [said("10%\r"), said("50%\r"), said("100%\n")]],
    ["two streams", [said("a"), said("b", "stderr"), said("c\n"), said("d\n", "stderr")]],
    ["a cut", [said("a\n"), { ...said("z\n"), cut: 12 }]],
    ["a long line", [said("x".repeat(20_000)), said("y".repeat(9000)), said("\n")]],
    ["empty lines", [said("\n\n"), said("a\n"), said("\n")]],
  ])("is what the page shows when it is loaded again: %s", (_, of) => {
    const whole = appended(of, begun.length + of.length);
    expect(whole.size).toBeGreaterThan(0);
    for (let before = 0; before < begun.length + of.length; before++) {
      expect(sha256(JSON.stringify([...appended(of, before)]))).toBe(
        sha256(JSON.stringify([...whole])),
      );
    }
  });
  test("is sent once: dots take no more than twice their bytes and an envelope", () => {
    const encode = liveEncoder(events(...begun));
    const sizes = Array.from(
      { length: 300 },
      (_, index) => encode([{ run: "r", id: index + 3, at, ...said(".") } as RunEvent]).length,
    );
    expect(Math.max(...sizes)).toBeLessThan(100);
  });
});

test.each([
  ["Ada Lovelace", "ada-lovelace/blocks"],
  ["  Zoë Müller-Lüdenscheidt ", "zoe-muller-ludenscheidt/blocks"],
  ["x".repeat(60), `${"x".repeat(39)}/blocks`],
  ["李雷", ""],
  ["…", ""],
])("the first project of %j is to be called %j", (name, slug) => {
  expect(suggestedSlug(name)).toBe(slug);
});
