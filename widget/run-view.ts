import type { RunEvent, StepEnded, StepStarted } from "../protocol/events.ts";
import type {
  Ending,
  Reason,
  Result,
  RunState,
  RunView,
  StoredResult,
  Waking,
} from "../protocol/run.ts";
import type { Problem } from "../protocol/errors.ts";
import { addOutput, emptyOutput, type Output } from "./output.ts";

/** What the element shows of one run. Only what the server confirmed is in it, but for `posted`. */
export interface View {
  state: "idle" | "posted" | "refused" | RunState;
  /** Where the run lives, once the server accepted it. */
  run?: { id: string; result_url: string } | undefined;
  /** Number of the last event taken in. */
  lastEvent: number;
  /** When Run was pressed, by this page's clock, in ms. */
  pressedAt: number;
  /** Why nothing is heard of it, as long as that is so. */
  trouble?: Trouble | undefined;
  /** Stop was pressed and has not taken effect yet. */
  canceling: boolean;
  /** When the page was told how long to wait, by its own clock in ms: seconds count down from then. */
  toldAt?: number;
  /** While it waits for a machine that is awake: its place, the next one being 1. */
  position?: number | undefined;
  waking?: (Waking & { startedAt: number }) | undefined;
  retrying?: { attempt: number; of: number; reason: Reason; waitS: number } | undefined;
  output: Output;
  ending?: Ending | undefined;
  /** Nothing could be learnt of the run that a closed page left. */
  unheard?: boolean;
  refusal?: Refusal | undefined;
  /**
   * The stored result that answers: the run's very own, or an earlier one until this run has something to
   * show. `heardAt` is when the page was told its age.
   */
  stored?: (StoredResult & { heardAt: number }) | undefined;
  /** What that earlier one holds, once it has been read. */
  earlier?: Shown | undefined;
}

/** What a run left, as it is on the page. */
export type Shown = Pick<View, "output" | "ending"> & { result_url: string | undefined };

/** A server that is out of reach, or has said that it is busy. */
export interface Trouble {
  /** What the server said. */
  said?: string | undefined;
  /** The reader's own device has no network. */
  offline: boolean;
  /** Seconds until it wants to be asked again. */
  waitS: number;
}

/** Why the server did not take the request. */
export type Refusal = Pick<Problem, "title" | "detail"> & { code: string };

/** What happens on the page itself, beside the events the server sends. */
export type LocalInput =
  /** `again`: the stored result that is on the page stays there meanwhile. */
  | { type: "posted"; again?: boolean }
  | { type: "accepted"; created: { id: string; result_url: string; stored?: StoredResult } }
  /** The stored result of an earlier run was read. */
  | { type: "earlier"; result: Result }
  | { type: "refused"; refusal: Refusal }
  | { type: "trouble"; trouble: Trouble }
  | { type: "online" }
  | { type: "unheard" }
  | { type: "canceling" }
  | { type: "cancel_failed" }
  /** Stop was pressed before the server had the request; or it has, and others wait for the same run. */
  | { type: "withdrawn" }
  /** The run as polling found it, where the event stream fails. */
  | { type: "polled"; run: RunView }
  | { type: "result"; result: Result };

export const idle: View = {
  state: "idle",
  lastEvent: 0,
  pressedAt: 0,
  canceling: false,
  output: emptyOutput,
};

const BUSY: readonly View["state"][] = ["posted", "queued", "waking", "retrying", "running"];

/** Whether something is under way that Stop would stop. */
export function isBusy(view: View): boolean {
  return BUSY.includes(view.state);
}

/** Whether what is on the page came from storage, and not from a run that this press began. */
export function isStored({ stored, run }: View): boolean {
  return stored !== undefined && stored.id === run?.id;
}

/** The output, ending and files that are on the page. */
export function shownOf(view: View): Shown {
  const { output, ending, run, earlier } = view;
  return earlier ?? { output, ending, result_url: run?.result_url };
}

/** The view after `input`; `now` is this page's clock in ms. Events of other runs and repeats change nothing. */
export function nextView(view: View, input: RunEvent | LocalInput, now: number): View {
  if (isEvent(input)) {
    if (input.run !== view.run?.id || input.id <= view.lastEvent || view.ending) return view;
    const heard = { ...view, lastEvent: input.id, trouble: undefined };
    return afterEvent(heard, input, now);
  }
  return afterLocal(view, input, now);
}

export function isEvent(input: RunEvent | LocalInput): input is RunEvent {
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
      // Both moments are the server's, so a reader's wrong clock does not show.
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
      // Steps are a project's; and a newer server may send what this script does not know yet.
      event satisfies StepStarted | StepEnded;
      return view;
  }
}

function afterLocal(view: View, input: LocalInput, now: number): View {
  switch (input.type) {
    case "posted":
      return {
        ...idle,
        state: "posted",
        pressedAt: now,
        ...(input.again && { stored: view.stored, earlier: shownOf(view) }),
      };
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
      const { result_url } = view.stored;
      return {
        ...view,
        earlier: { output: outputOf(result), ending: endingOf(result), result_url },
      };
    }
    case "refused":
      return { ...view, state: "refused", refusal: input.refusal, trouble: undefined };
    case "trouble":
      return { ...view, trouble: input.trouble, toldAt: now };
    case "online":
      return view.trouble ? { ...view, trouble: undefined } : view;
    case "unheard":
      return { ...idle, unheard: true };
    case "canceling":
      return { ...view, canceling: true };
    case "cancel_failed":
      return { ...view, canceling: false };
    case "withdrawn":
      // It may have ended while Stop was on its way.
      return view.ending ? view : { ...view, ...calm, state: "canceled" };
    case "polled": {
      const { run } = input;
      // What comes as events is newer than an answer from before them.
      if (view.ending || run.id !== view.run?.id || run.last_event < view.lastEvent) return view;
      const { position } = run;
      const heard: View = { ...view, state: run.state, trouble: undefined, position };
      if (run.ending) {
        return ended({ ...heard, output: { ...view.output, unread: true } }, run.ending);
      }
      if (run.waking) {
        // When that was by the server's clock says little where the reader's is wrong.
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
      input satisfies never;
      return view;
  }
}

function wakingSince(view: View, waking: Waking, startedAt: number): View {
  return { ...view, state: "waking", retrying: undefined, waking: { ...waking, startedAt } };
}

/** Nothing is under way any more. */
const calm = { canceling: false, waking: undefined, retrying: undefined, trouble: undefined };

/** An earlier result stays where the run came to nothing. */
function ended(view: View, from: Ending): View {
  const ending = endingOf(from);
  const { state } = ending;
  return {
    ...(state === "errored" || state === "canceled" ? view : withoutEarlier(view)),
    ...calm,
    state,
    ending,
  };
}

function withoutEarlier(view: View): View {
  return isStored(view) ? view : { ...view, stored: undefined, earlier: undefined };
}

/** `from` may carry more than the ending, an event's or a result's own fields; the view keeps the ending. */
function endingOf(from: Ending): Ending {
  const { state, reason, exit_code, signal, truncated, artifacts, attempt, times } = from;
  return { state, reason, exit_code, signal, truncated, artifacts, attempt, times };
}

function outputOf({ stdout, stderr }: Result): Output {
  return addOutput(addOutput(emptyOutput, "stdout", stdout), "stderr", stderr);
}
