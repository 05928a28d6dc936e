import { expect, test } from "vitest";
import { daysFigure } from "../../../../server/pages/projects/days.ts";
import type { EventBody } from "../../../../protocol/events.ts";
import { loggedSteps } from "../../../../server/runs/log-steps.ts";
import { trendOf } from "../../../../server/commands/reading/branch.ts";
import { barsOf, waterfall } from "../../../../server/pages/projects/waterfall.ts";
import { phasesOf } from "../../../../server/pages/projects/phases.ts";

const event = (at: number, event: object) => ({ at, event: event as EventBody });

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
