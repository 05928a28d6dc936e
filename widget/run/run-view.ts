import type { RunEvent, StepEnded, StepStarted } from "../../protocol/events.ts";
import type { Ending, Result, RunView, StoredResult, Waking } from "../../protocol/run.ts";
import {
  afterPageInput,
  emptyOutput,
  idle,
  isStored,
  settled,
  type Output,
  type PageInput,
  type Refusal,
  type Shown,
  type View,
} from "../element/view.ts";
import { addOutput } from "./output.ts";

/** Inputs from the server other than events: answers, or a missing answer. */
export type ServerInput =
  | { type: "accepted"; created: { id: string; result_url: string; stored?: StoredResult } }
  /** The stored result of an earlier run was read. */
  | { type: "earlier"; result: Result }
  /** The page opened, and an earlier run has a stored result. */
  | { type: "found"; stored: StoredResult; result: Result }
  | { type: "refused"; refusal: Refusal }
  | { type: "online" }
  | { type: "unheard" }
  /** The run was polled, because the event stream fails. */
  | { type: "polled"; run: RunView }
  | { type: "result"; result: Result };

export type ViewInput = RunEvent | ServerInput | PageInput;

/** Returns the view after `input`; `now` is this page's clock in ms. Ignores events of other runs and repeats. */
export function nextView(view: View, input: ViewInput, now: number): View {
  if (isEvent(input)) {
    if (input.run !== view.run?.id || input.id <= view.lastEvent || view.ending) return view;
    const heard = { ...view, lastEvent: input.id, trouble: undefined };
    return afterEvent(heard, input, now);
  }
  return afterAnswer(view, input, now);
}

export function isEvent(input: ViewInput): input is RunEvent {
  return "id" in input;
}

function afterEvent(view: View, event: RunEvent, now: number): View {
  switch (event.type) {
    case "queued":
      return { ...view, state: "queued", waking: undefined, position: undefined };
    case "waking":
      return wakingSince(view, event, now - (Date.parse(event.at) - Date.parse(event.since)));
    case "attempt_started":
      return {
        ...view,
        state: "running",
        waking: undefined,
        retrying: undefined,
        output: emptyOutput,
      };
    case "output":
      return {
        ...withoutEarlier(view),
        output: addOutput(view.output, event.stream, event.text, event.cut),
      };
    case "retrying": {
      // Both times are from the server's clock, so the reader's clock does not matter.
      const waitS = Math.max(0, Date.parse(event.retry_at) - Date.parse(event.at)) / 1000;
      const { attempt, max_attempts: of, reason } = event;
      return {
        ...view,
        state: "retrying",
        waking: undefined,
        retrying: { attempt, of, reason, waitS },
        toldAt: now,
      };
    }
    case "ended":
      return ended(view, event);
    default:
      // Steps belong to projects' runs; a newer server may send types that this script does not know.
      event satisfies StepStarted | StepEnded;
      return view;
  }
}

function afterAnswer(view: View, input: ServerInput | PageInput, now: number): View {
  switch (input.type) {
    case "accepted": {
      const { stored } = input.created;
      return {
        ...view,
        run: input.created,
        trouble: undefined,
        stored: stored && { ...stored, heardAt: now },
        earlier: stored && stored.id === view.stored?.id ? view.earlier : undefined,
      };
    }
    case "earlier": {
      const { result } = input;
      if (view.stored?.id !== result.id || isStored(view)) return view;
      return { ...view, earlier: shownFrom(result, view.stored) };
    }
    case "found": {
      const { stored, result } = input;
      if (view.state !== "idle") return view;
      return { ...view, stored: { ...stored, heardAt: now }, earlier: shownFrom(result, stored) };
    }
    case "refused":
      return { ...view, state: "refused", refusal: input.refusal, trouble: undefined };
    case "online":
      return view.trouble ? { ...view, trouble: undefined } : view;
    case "unheard":
      return { ...idle, unheard: true };
    case "polled": {
      const { run } = input;
      // Events received meanwhile are newer than this answer.
      if (view.ending || run.id !== view.run?.id || run.last_event < view.lastEvent) return view;
      const { position } = run;
      const heard: View = { ...view, state: run.state, trouble: undefined, position };
      if (run.ending) {
        return ended({ ...heard, output: { ...view.output, unread: true } }, run.ending);
      }
      if (run.waking) {
        // The reader's clock may differ from the server's, so this is an estimate.
        const { since } = run.waking;
        const known = view.waking?.since === since && view.waking.startedAt;
        const about = Math.min(now, Math.max(view.pressedAt, Date.parse(since)));
        return wakingSince(heard, run.waking, known || about);
      }
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
      return ended({ ...view, output: outputOf(result) }, result);
    }
    default:
      return afterPageInput(view, input, now);
  }
}

function wakingSince(view: View, waking: Waking, startedAt: number): View {
  return { ...view, state: "waking", retrying: undefined, waking: { ...waking, startedAt } };
}

/** Keeps the earlier result if the run produced none. */
function ended(view: View, from: Ending): View {
  const ending = endingOf(from);
  const { state } = ending;
  return {
    ...(state === "errored" || state === "canceled" ? view : withoutEarlier(view)),
    ...settled,
    state,
    ending,
  };
}

function withoutEarlier(view: View): View {
  return isStored(view) ? view : { ...view, stored: undefined, earlier: undefined };
}

/** Picks the ending's fields from an event or a result. */
function endingOf(from: Ending): Ending {
  const { state, reason, exit_code, signal, truncated, artifacts, attempt, times } = from;
  return { state, reason, exit_code, signal, truncated, artifacts, attempt, times };
}

function outputOf({ stdout, stderr }: Result): Output {
  return addOutput(addOutput(emptyOutput, "stdout", stdout), "stderr", stderr);
}

function shownFrom(result: Result, { result_url }: StoredResult): Shown {
  return { output: outputOf(result), ending: endingOf(result), result_url };
}
