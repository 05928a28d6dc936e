import type { RunEvent } from "../../protocol/events.ts";
import type { Ending, Result, RunView, StoredResult } from "../../protocol/run.ts";
import { emptyOutput, idle, type Refusal, type View } from "../element/view.ts";
import { addOutput } from "./output.ts";
import { afterPageInput, isStored, settled, type PageInput } from "./page-view.ts";

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

/** The view after an input that a run which prints text and succeeds does not have. */
export type AfterOther = (view: View, input: ViewInput, now: number) => View;

/**
 * Returns the view after `input`; `now` is this page's clock in ms. Ignores events of other runs and repeats, and
 * without `afterOther` what that is for.
 */
export function nextView(view: View, input: ViewInput, now: number, afterOther?: AfterOther): View {
  if (isEvent(input)) {
    if (input.run !== view.run?.id || input.id <= view.lastEvent || view.ending) return view;
    const heard = { ...view, lastEvent: input.id, trouble: undefined };
    return afterEvent(heard, input, () => afterOther?.(heard, input, now) ?? heard);
  }
  return afterAnswer(view, input, now, afterOther);
}

export function isEvent(input: ViewInput): input is RunEvent {
  return "id" in input;
}

function afterEvent(view: View, event: RunEvent, other: () => View): View {
  switch (event.type) {
    case "queued":
      return { ...view, state: "queued", waking: undefined, position: undefined };
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
    case "ended":
      return endedView(view, event);
    default:
      return other();
  }
}

function afterAnswer(
  view: View,
  input: ServerInput | PageInput,
  now: number,
  afterOther?: AfterOther,
): View {
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
    case "refused":
      return { ...view, state: "refused", refusal: input.refusal, trouble: undefined };
    case "online":
      return view.trouble ? { ...view, trouble: undefined } : view;
    case "unheard":
      return { ...idle, unheard: true };
    case "posted":
    case "trouble":
    case "canceling":
    case "cancel_failed":
    case "withdrawn":
      return afterPageInput(view, input, now);
    default:
      return afterOther?.(view, input, now) ?? view;
  }
}

/** Keeps the earlier result if the run produced none. */
export function endedView(view: View, from: Ending): View {
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
export function endingOf(from: Ending): Ending {
  const { state, reason, exit_code, signal, truncated, artifacts, attempt, times } = from;
  return { state, reason, exit_code, signal, truncated, artifacts, attempt, times };
}
