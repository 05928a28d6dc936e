import { expect, test } from "vitest";
import type { RunEvent, EventBody } from "../../../protocol/events.ts";
import { liveEncoder, type SentChange } from "../../../server/pages/projects/live.ts";
import { encodeText } from "../../../server/runs/encode.ts";
import { piecesOf } from "../../../server/runs/log-lines.ts";
import { failingLines, loggedSteps, shownSteps } from "../../../server/runs/log-steps.ts";

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

test("a machine that names steps without end makes few of them", () => {
  const said = (step: number) => event(0, { type: "output", stream: "stdout", text: "x\n", step });
  const unknown = Array.from({ length: 50_000 }, (_, index) => said(index + 1));
  const [outside, ...others] = loggedSteps(unknown);
  expect([outside!.lines.length, others.length]).toEqual([50_000, 0]);
  const started = Array.from({ length: 12_000 }, (_, index) => [
    event(0, { type: "step_started", step: index + 1, kind: "command", name: "x" }),
    said(index + 1),
    event(0, { type: "step_ended", step: index + 1, exit_code: 0, signal: null, ran_s: 0 }),
  ]);
  const steps = loggedSteps(started.flat());
  expect(steps.length).toBe(10_000);
  expect(steps.at(-1)!.lines.length).toBe(2001);
});

test("nor does it have each follower keep the names of all", () => {
  const encode = encodeText();
  const text = (event: object) =>
    encode([{ run: "r", id: 1, at: "2026-01-01T00:00:00Z", ...event } as RunEvent]);
  for (let step = 1; step <= 1001; step++) {
    text({ type: "step_started", step, kind: "command", name: `step ${step}` });
  }
  const said = (step: number) => text({ type: "output", stream: "stdout", text: "x\n", step });
  expect([said(2), said(1)]).toEqual(["[step 2]\nx\n", "x\n"]);
});
