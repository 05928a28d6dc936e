import type { RunEvent, StepEnded, StepStarted } from "../protocol/events.ts";
import type { Ending, Reason, Result, RunState, RunView, Waking } from "../protocol/run.ts";
import type { Problem } from "../protocol/errors.ts";
import { addOutput, emptyOutput, type Output } from "./output.ts";

/** What the element shows of one run. Only what the server confirmed is in it, but for `posted`. */
export interface View {
  state: "idle" | "posted" | "refused" | RunState;
  /** Where the run lives, once the server accepted it. */
  run: { id: string; result_url: string } | undefined;
  /** Number of the last event taken in. */
  lastEvent: number;
  /** When Run was pressed, by this page's clock, in ms. */
  pressedAt: number;
  /** Since when the server can't be reached. */
  offlineSince: number | undefined;
  /** Stop was pressed and has not taken effect yet. */
  canceling: boolean;
  waking: (Waking & { startedAt: number }) | undefined;
  retrying: { attempt: number; of: number; reason: Reason; waitS: number } | undefined;
  output: Output;
  ending: Ending | undefined;
  refusal: Refusal | undefined;
}

/** Why the server did not take the request. */
export type Refusal = Pick<Problem, "title" | "detail"> & { code: string };

/** What happens on the page itself, beside the events the server sends. */
export type LocalInput =
  | { type: "posted" }
  | { type: "accepted"; created: { id: string; result_url: string } }
  | { type: "refused"; refusal: Refusal }
  | { type: "offline" }
  | { type: "online" }
  | { type: "canceling" }
  | { type: "cancel_failed" }
  /** Stop was pressed before the server had the request. */
  | { type: "withdrawn" }
  /** The run as polling found it, where the event stream fails. */
  | { type: "polled"; run: RunView }
  | { type: "result"; result: Result };

export const idle: View = {
  state: "idle",
  run: undefined,
  lastEvent: 0,
  pressedAt: 0,
  offlineSince: undefined,
  canceling: false,
  waking: undefined,
  retrying: undefined,
  output: emptyOutput,
  ending: undefined,
  refusal: undefined,
};

const OVER: readonly View["state"][] = [
  "idle",
  "refused",
  "succeeded",
  "failed",
  "timed_out",
  "killed",
  "canceled",
  "errored",
];

/** Whether something is under way that Stop would stop. */
export function isBusy(view: View): boolean {
  return !OVER.includes(view.state);
}

/** The view after `input`; `now` is this page's clock in ms. Events of other runs and repeats change nothing. */
export function nextView(view: View, input: RunEvent | LocalInput, now: number): View {
  if (isEvent(input)) {
    if (input.run !== view.run?.id || input.id <= view.lastEvent || view.ending) return view;
    const heard = { ...view, lastEvent: input.id, offlineSince: undefined };
    return afterEvent(heard, input, now);
  }
  return afterLocal(view, input, now);
}

function isEvent(input: RunEvent | LocalInput): input is RunEvent {
  return "id" in input;
}

function afterEvent(view: View, event: RunEvent, now: number): View {
  switch (event.type) {
    case "queued":
      return { ...view, state: "queued", waking: undefined };
    case "waking":
      return wakingSince(view, event, Date.parse(event.at), now);
    case "attempt_started":
      return {
        ...view,
        state: "running",
        waking: undefined,
        retrying: undefined,
        output: emptyOutput,
      };
    case "output":
      return { ...view, output: addOutput(view.output, event.stream, event.text, event.cut) };
    case "retrying": {
      // Both moments are the server's, so a reader's wrong clock does not show.
      const waitS = Math.max(0, Date.parse(event.retry_at) - Date.parse(event.at)) / 1000;
      const { attempt, max_attempts: of, reason } = event;
      return {
        ...view,
        state: "retrying",
        waking: undefined,
        retrying: { attempt, of, reason, waitS },
      };
    }
    case "ended":
      return ended(view, event);
    default:
      // Steps are a project's; and a newer server may send what this script does not know yet.
      event satisfies StepStarted | StepEnded;
      return view;
  }
}

function afterLocal(view: View, input: LocalInput, now: number): View {
  switch (input.type) {
    case "posted":
      return { ...idle, state: "posted", pressedAt: now };
    case "accepted":
      return { ...view, run: input.created, offlineSince: undefined };
    case "refused":
      return { ...view, state: "refused", refusal: input.refusal, offlineSince: undefined };
    case "offline":
      return { ...view, offlineSince: view.offlineSince ?? now };
    case "online":
      return { ...view, offlineSince: undefined };
    case "canceling":
      return { ...view, canceling: true };
    case "cancel_failed":
      return { ...view, canceling: false };
    case "withdrawn":
      return { ...view, state: "canceled", canceling: false, offlineSince: undefined };
    case "polled": {
      const { run } = input;
      if (view.ending || run.id !== view.run?.id) return view;
      const heard: View = { ...view, state: run.state, offlineSince: undefined };
      if (run.ending) return ended(heard, run.ending);
      if (run.waking) return wakingSince(heard, run.waking, now, now);
      const { retrying, attempt, max_attempts: of } = run;
      return {
        ...heard,
        waking: undefined,
        retrying: retrying && { attempt, of, reason: retrying.reason, waitS: 0 },
      };
    }
    case "result": {
      const { result } = input;
      if (result.id !== view.run?.id) return view;
      const out = addOutput(emptyOutput, "stdout", result.stdout);
      return ended({ ...view, output: addOutput(out, "stderr", result.stderr) }, result);
    }
    default:
      input satisfies never;
      return view;
  }
}

function wakingSince(view: View, waking: Waking, serverNow: number, now: number): View {
  const age = Math.max(0, serverNow - Date.parse(waking.since));
  return {
    ...view,
    state: "waking",
    retrying: undefined,
    waking: { ...waking, startedAt: now - age },
  };
}

/** `from` may carry more than the ending, an event's or a result's own fields; the view keeps the ending. */
function ended(view: View, from: Ending): View {
  const { state, reason, exit_code, signal, truncated, artifacts, attempt, times } = from;
  return {
    ...view,
    state,
    ending: { state, reason, exit_code, signal, truncated, artifacts, attempt, times },
    canceling: false,
    waking: undefined,
    retrying: undefined,
    offlineSince: undefined,
  };
}
