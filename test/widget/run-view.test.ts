import { expect, test } from "vitest";
import type { RunEvent, RunEventBody } from "../../protocol/events.ts";
import type { Ending, RunView } from "../../protocol/run.ts";
import { idle, isBusy, type View } from "../../widget/element/view.ts";
import { afterOther } from "../../widget/run/other-view.ts";
import * as runView from "../../widget/run/run-view.ts";
import type { ViewInput } from "../../widget/run/run-view.ts";
import { wordingOf } from "../../widget/run/wording.ts";
import { statusOf } from "../../widget/run/words.ts";
import { ENGLISH } from "../../widget/words/english.ts";

const at = "2026-01-01T00:00:10.000Z";
const run = { id: "run1", result_url: "/r.json" };
const ending: Ending = {
  state: "failed",
  reason: null,
  exit_code: 3,
  signal: null,
  truncated: { stdout: 0, stderr: 0, artifacts: 0 },
  artifacts: [],
  attempt: 1,
  times: { queued: at, ended: at },
};
const result = { ...ending, id: "run1", runtime: "node", receipt: "" };

function event(id: number, body: RunEventBody, of = "run1"): RunEvent {
  return { at, ...body, run: of, id };
}

const nextView = (view: View, input: ViewInput, now: number) =>
  runView.nextView(view, input, now, afterOther);

function after(...inputs: ViewInput[]): View {
  return inputs.reduce((view, input) => nextView(view, input, 5_000), idle);
}

const accepted: ViewInput[] = [{ type: "posted" }, { type: "accepted", created: run }];
const started = { type: "attempt_started", attempt: 1, max_attempts: 3 } as const;
const text = (view: View) => view.output.parts.map(({ text }) => text).join("");
const out = (text: string) => ({ type: "output", stream: "stdout", text }) as const;

test("a press is shown before the server answered, and nothing else is", () => {
  const view = after({ type: "posted" });
  expect(view.state).toBe("posted");
  expect(isBusy(view)).toBe(true);
  expect(view.run).toBeUndefined();
});

test("a repeated event, an event of another run and an event after the end change nothing", () => {
  const view = after(...accepted, event(1, started), event(2, out("a")));
  expect(nextView(view, event(2, out("a")), 0)).toBe(view);
  expect(nextView(view, event(3, out("b"), "run2"), 0)).toBe(view);
  const over = nextView(view, event(3, { type: "ended", ...ending, result_url: "" }), 0);
  expect(nextView(over, event(4, out("late")), 0)).toBe(over);
});

test("a new attempt voids the output of the one before, not sooner", () => {
  const reason = { code: "machine_gone", message: "Gone." };
  const lost = after(
    ...accepted,
    event(1, started),
    event(2, out("a")),
    event(3, { type: "retrying", attempt: 2, max_attempts: 3, reason, retry_at: at }),
  );
  expect(text(lost)).toBe("a");
  expect(lost.retrying).toEqual({ attempt: 2, of: 3, reason, waitS: 0 });
  expect(text(nextView(lost, event(4, { ...started, attempt: 2 }), 0))).toBe("");
});

test("how long a wake has lasted follows the server's clock, not the reader's", () => {
  const view = after(
    ...accepted,
    event(1, { type: "waking", phase: "booting", since: "2026-01-01T00:00:07.000Z" }),
  );
  expect(view.state).toBe("waking");
  expect(view.waking!.startedAt).toBe(5_000 - 3_000);
});

test("a press after an end begins with an empty view", () => {
  const over = after(...accepted, event(1, { type: "ended", ...ending, result_url: "" }));
  expect(isBusy(over)).toBe(false);
  expect(nextView(over, { type: "posted" }, 7)).toEqual({ ...idle, state: "posted", pressedAt: 7 });
});

test("an ending keeps its own fields and not the event's", () => {
  const view = after(...accepted, event(1, { type: "ended", ...ending, result_url: "" }));
  expect(view.ending).toEqual(ending);
});

test("trouble is over with the first event that comes through", () => {
  const trouble = { offline: true, waitS: 0 };
  const view = after(...accepted, { type: "trouble", trouble });
  expect(view.trouble).toEqual(trouble);
  expect(nextView(view, event(1, started), 6_000).trouble).toBeUndefined();
});

test("a result found by polling ends the view with its output", () => {
  const view = after(...accepted, {
    type: "result",
    result: { ...result, stdout: "o", stderr: "e" },
  });
  expect(view.state).toBe("failed");
  expect(view.output.parts.map(({ stream, text }) => [stream, text])).toEqual([
    ["stdout", "o"],
    ["stderr", "e"],
  ]);
});

test("a result of another run is not shown", () => {
  const view = after(...accepted);
  const other = { ...result, id: "run2", stdout: "", stderr: "" };
  expect(nextView(view, { type: "result", result: other }, 0)).toBe(view);
});

test("a polled state does not bring an ended run back to life", () => {
  const over = after(...accepted, event(1, { type: "ended", ...ending, result_url: "" }));
  const polled = { id: "run1", state: "running" } as RunView;
  expect(nextView(over, { type: "polled", run: polled }, 0)).toBe(over);
});

test("an answer from before the last event does not take the view back", () => {
  const view = after(...accepted, event(1, { type: "queued" }), event(2, started));
  const polled = { id: "run1", state: "queued", last_event: 1, position: 2 } as RunView;
  expect(nextView(view, { type: "polled", run: polled }, 0)).toBe(view);
});

test("a result that is read after the new run has begun to print is not shown", () => {
  const stored = { id: "old", result_url: "/old.json", ended_at: at, age_s: 9 };
  const view = after(
    { type: "posted" },
    { type: "accepted", created: { ...run, stored } },
    event(1, started),
    event(2, out("new")),
  );
  const late = { ...result, id: "old", stdout: "old", stderr: "" };
  expect(nextView(view, { type: "earlier", result: late }, 0)).toBe(view);
});

test("where polling learns of the end and not of the output, that is said, and what had come stays", () => {
  const view = after(...accepted, event(1, started), event(2, out("first")));
  const polled = { id: "run1", state: "failed", last_event: 9, ending } as unknown as RunView;
  const over = nextView(view, { type: "polled", run: polled }, 0);
  expect(over.output.unread).toBe(true);
  expect(text(over)).toBe("first");
});

test("how long a wake has lasted is told by polling as well, whatever the reader's clock says", () => {
  const hour = 3_600_000;
  const waking = { phase: "booting", since: at } as const;
  const polled = { id: "run1", state: "waking", last_event: 0, waking } as unknown as RunView;
  for (const wrong of [-hour, 2_000, hour]) {
    const pressed = Date.parse(at) + wrong;
    const input = { type: "polled", run: polled } as const;
    let view = nextView(after(...accepted), { type: "posted" }, pressed);
    view = nextView(view, { type: "accepted", created: run }, pressed);
    view = nextView(view, input, pressed + 4_000);
    expect(pressed + 4_000 - view.waking!.startedAt).toBeLessThanOrEqual(4_000);
    const { startedAt } = view.waking!;
    expect(nextView(view, input, pressed + 9_000).waking!.startedAt).toBe(startedAt);
  }
});

test("a run that others wait for goes on when this reader stops, and nothing is awaited here", () => {
  const view = after(...accepted, event(1, started), { type: "canceling" }, { type: "withdrawn" });
  expect(view).toMatchObject({ state: "canceled", canceling: false });
  expect(statusOf(view, 0, wordingOf(ENGLISH))).toMatchObject({ text: "You left the run." });
  const over = after(...accepted, event(1, { type: "ended", ...ending, result_url: "" }));
  expect(nextView(over, { type: "withdrawn" }, 0)).toBe(over);
});
