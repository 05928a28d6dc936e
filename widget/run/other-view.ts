import type { Result, RunView, StoredResult, Waking } from "../../protocol/run.ts";
import { emptyOutput, type Output, type Shown, type View } from "../element/view.ts";
import { addOutput } from "./output.ts";
import { isStored } from "./page-view.ts";
import { endedView, endingOf, type ViewInput } from "./run-view.ts";

/** The view after an input that a run which prints text and succeeds does not have; `now` is this page's clock in ms. */
export function afterOther(view: View, input: ViewInput, now: number): View {
  switch (input.type) {
    case "waking":
      return wakingSince(view, input, now - (Date.parse(input.at) - Date.parse(input.since)));
    case "retrying": {
      // Both times are from the server's clock, so the reader's clock does not matter.
      const waitS = Math.max(0, Date.parse(input.retry_at) - Date.parse(input.at)) / 1000;
      const { attempt, max_attempts: of, reason } = input;
      return {
        ...view,
        state: "retrying",
        waking: undefined,
        retrying: { attempt, of, reason, waitS },
        toldAt: now,
      };
    }
    case "accepted": {
      const { stored } = input.created;
      return {
        ...view,
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
    case "polled":
      return afterPoll(view, input.run, now);
    case "result": {
      const { result } = input;
      if (result.id !== view.run?.id) return view;
      return endedView({ ...view, output: outputOf(result) }, result);
    }
    default:
      // Steps belong to projects' runs; a newer server may send types that this script does not know.
      return view;
  }
}

function afterPoll(view: View, run: RunView, now: number): View {
  // Events received meanwhile are newer than this answer.
  if (view.ending || run.id !== view.run?.id || run.last_event < view.lastEvent) return view;
  const { position } = run;
  const heard: View = { ...view, state: run.state, trouble: undefined, position };
  if (run.ending)
    return endedView({ ...heard, output: { ...view.output, unread: true } }, run.ending);
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

function wakingSince(view: View, waking: Waking, startedAt: number): View {
  return { ...view, state: "waking", retrying: undefined, waking: { ...waking, startedAt } };
}

function outputOf({ stdout, stderr }: Result): Output {
  return addOutput(addOutput(emptyOutput, "stdout", stdout), "stderr", stderr);
}

function shownFrom(result: Result, { result_url }: StoredResult): Shown {
  return { output: outputOf(result), ending: endingOf(result), result_url };
}
