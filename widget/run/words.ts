import {
  afterWords,
  duration,
  exitSentence,
  positionWords,
  PROGRESS_WORDS,
  wakingWords,
} from "../../protocol/words.ts";
import { OFFLINE } from "../element/waiting-line.ts";
import type { Status } from "./status-line.ts";
import { isBusy, isStored, type Trouble, type View } from "../element/view.ts";

/** Returns the status of `view`; `now` is the page's clock in ms. */
export function statusOf(view: View, now: number): Status | undefined {
  const trouble = view.trouble && troubleOf(view, view.trouble, now);
  const note = trouble?.note ?? (view.canceling ? "Stopping." : undefined);
  const clock = trouble?.clock;
  switch (view.state) {
    case "idle":
      return view.unheard
        ? {
            mark: "errored",
            text: "The server can’t be reached.",
            note: "Open this page again later to see the last run, or press Run for a new one.",
          }
        : undefined;
    case "posted":
    case "queued":
      return {
        mark: "queued",
        text: view.trouble?.offline ? OFFLINE : PROGRESS_WORDS.queued,
        note: note ?? placeOf(view),
        clock,
      };
    case "waking":
      return {
        mark: "waking",
        text: PROGRESS_WORDS.waking,
        note:
          note ?? (view.waking && wakingWords(view.waking, (now - view.waking.startedAt) / 1000)),
        clock,
      };
    case "retrying": {
      const { retrying } = view;
      const wait = retrying && clockOf(retrying.waitS, view, now);
      return {
        mark: "retrying",
        text: `${PROGRESS_WORDS.retrying}${retrying ? ` (${retrying.attempt} of ${retrying.of})` : ""}`,
        note:
          note ??
          (retrying && `${retrying.reason.message} Trying again ${wait ? `in ${wait}` : "now"}.`),
        clock: note === undefined ? wait : clock,
      };
    }
    case "running":
      return { mark: "running", text: PROGRESS_WORDS.running, note, clock };
    case "refused":
      return {
        mark: "refused",
        text: view.refusal?.title ?? "Not run.",
        note: view.refusal?.detail,
      };
    default:
      return endStatus(view, view.state);
  }
}

function endStatus(
  view: View,
  state: Exclude<
    View["state"],
    "idle" | "posted" | "queued" | "waking" | "retrying" | "running" | "refused"
  >,
): Status {
  const after = view.ending ? afterWords(view.ending) : "";
  const reason = view.ending?.reason?.message;
  switch (state) {
    case "succeeded":
    case "failed":
      return {
        mark: state,
        text: view.ending ? exitSentence("Ended", view.ending) : "Ended.",
        note: reason,
      };
    case "timed_out":
    case "killed":
      return { mark: state, text: `Stopped${after}.`, note: reason };
    case "canceled":
      return view.run && !view.ending
        ? {
            mark: state,
            text: "You left the run.",
            note: "It goes on for others who asked for it.",
          }
        : { mark: state, text: "The run was canceled." };
    case "errored":
      return { mark: state, text: reason ?? "Not run.", note: adviceFor(view) };
    default:
      state satisfies never;
      return { mark: "errored", text: String(state) };
  }
}

/** Returns the note beside the age of a stored result. */
export function storedNote(view: View): string {
  if (isStored(view)) return "It was stored; Run again makes a new one.";
  return isBusy(view)
    ? "The last result is shown until the new one comes."
    : "No newer result came.";
}

/** Returns the next step for the reader after a run that failed for reasons other than its code. */
function adviceFor({ ending }: View): string {
  switch (ending?.reason?.code) {
    case "runtime_not_installed":
      return "Running it again does not help: its author has to sign it for a runtime that this server has.";
    case "sandbox_missing":
    case "launch_refused":
      return "Running it again does not help until the server’s operator has mended that.";
    case "quota_reached":
    case "no_capacity":
      return "The code is not to blame. Press Run in some minutes, when other machines have gone.";
    case "budget_spent":
      return "The code is not to blame. There is machine time again after 00:00 UTC.";
    case "not_repeatable":
      return "It may have run in part. Press Run only if it does no harm to run it twice.";
    default:
      return "The code is not to blame. Press Run to try again.";
  }
}

function troubleOf(
  view: View,
  { said, offline, waitS }: Trouble,
  now: number,
): Pick<Status, "note" | "clock"> {
  const clock = clockOf(waitS, view, now);
  const again = `Trying again${clock ? ` in ${clock}` : ""}; the request is kept.`;
  if (offline && isAsked(view)) return { note: again, clock };
  const what = said ? `${said}.` : offline ? OFFLINE : "The server can’t be reached.";
  return { note: `${what} ${again}`, clock };
}

/** Returns whether the run has not started, as far as the page knows. */
function isAsked({ state }: View): boolean {
  return state === "posted" || state === "queued";
}

/** Returns the rest of a wait in whole seconds; undefined once it is over. */
function clockOf(waitS: number, { toldAt = 0 }: View, now: number): string | undefined {
  const left = Math.ceil(waitS - (now - toldAt) / 1000);
  return left < 1 ? undefined : duration(left);
}

function placeOf({ position }: View): string | undefined {
  return position === undefined ? undefined : positionWords(position);
}

/** Returns the progress of waking, 0 to 1: 0.8 at the usual time, then slower, and never 1. */
export function wakingProgress(startedAt: number, p50S: number, now: number): number {
  const ratio = Math.max(0, now - startedAt) / 1000 / Math.max(p50S, 0.1);
  return ratio <= 1 ? 0.8 * ratio : 0.8 + 0.15 * (1 - Math.exp(1 - ratio));
}
