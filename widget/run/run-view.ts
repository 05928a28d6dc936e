import type { RunEvent } from "../../protocol/events.ts";
import type { Ending, Result, RunView, StoredResult } from "../../protocol/run.ts";
import { emptyOutput, idle, type Refusal, type Trouble, type View } from "../element/view.ts";
import { addOutput } from "./output.ts";
import { isStored, shownOf } from "./page-view.ts";

/** Inputs of the page itself. */
type PageInput =
  /** `again`: the stored result stays on the page until the new run has output. */
  | { type: "posted"; again?: boolean | undefined; edited?: string | undefined }
  | { type: "trouble"; trouble: Trouble }
  | { type: "canceling" }
  | { type: "cancel_failed" }
  /** Stop was pressed before the server had the request; or others still wait for the same run. */
  | { type: "withdrawn" };

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
  if (!isEvent(input)) return afterInput(view, input, now, afterOther);
  if (input.run !== view.run?.id || input.id <= view.lastEvent || view.ending) return view;
  const heard = { ...view, lastEvent: input.id, trouble: undefined };
  return afterInput(heard, input, now, afterOther);
}

function isEvent(input: ViewInput): input is RunEvent {
  return "id" in input;
}

function afterInput(view: View, input: ViewInput, now: number, afterOther?: AfterOther): View {
  switch (input.type) {
    case "posted":
      return {
        ...idle,
        state: "posted",
        pressedAt: now,
        edited: input.edited,
        ...(input.again && { stored: view.stored, earlier: shownOf(view) }),
      };
    case "accepted": {
      const accepted = { ...view, run: input.created, trouble: undefined };
      return input.created.stored && afterOther
        ? afterOther(accepted, input, now)
        : { ...accepted, stored: undefined, earlier: undefined };
    }
    case "queued":
      return { ...view, state: "queued", waking: undefined, position: undefined };
    case "attempt_started":
      return { ...view, ...settled, state: "running", output: emptyOutput };
    case "output":
      return {
        ...withoutEarlier(view),
        output: addOutput(view.output, input.stream, input.text, input.cut),
      };
    case "ended":
      return endedView(view, input);
    case "trouble":
      return { ...view, trouble: input.trouble, toldAt: now };
    case "online":
      return view.trouble ? { ...view, trouble: undefined } : view;
    case "canceling":
    case "cancel_failed":
      return { ...view, canceling: input.type === "canceling" };
    case "withdrawn":
      // The run may have ended while Stop was on its way.
      return view.ending ? view : { ...view, ...settled, canceling: false, state: "canceled" };
    case "refused":
      return { ...view, state: "refused", refusal: input.refusal, trouble: undefined };
    case "unheard":
      return { ...idle, unheard: true };
    default:
      return afterOther?.(view, input, now) ?? view;
  }
}

/** Fields of a view whose run waits for nothing. */
const settled = { waking: undefined, retrying: undefined, trouble: undefined };

/** Keeps the earlier result if the run produced none. */
export function endedView(view: View, from: Ending): View {
  const ending = endingOf(from);
  const { state } = ending;
  return {
    ...(state === "errored" || state === "canceled" ? view : withoutEarlier(view)),
    ...settled,
    canceling: false,
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
