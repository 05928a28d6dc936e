import { DEFAULT_LIMITS, LIMIT_CEILINGS } from "../../protocol/limit-values.ts";
import type { ShownClaims } from "../element/claims.ts";
import type { Status } from "./status-line.ts";
import { isBusy, type Refusal, type Trouble, type View } from "../element/view.ts";
import { isStored } from "./page-view.ts";
import { serverSentence } from "./server-sentence.ts";
import { wakingNote } from "./waking-words.ts";
import type { Wording } from "./wording.ts";

/** Returns the status of `view`; `now` is the page's clock in ms. `claims` adds the figure of a limit that ended the run. */
export function statusOf(
  view: View,
  now: number,
  wording: Wording,
  claims?: ShownClaims,
): Status | undefined {
  const { page, run } = wording;
  const trouble = view.trouble && troubleOf(view, view.trouble, now, wording);
  const note = trouble?.note ?? (view.canceling ? run.stopping : undefined);
  const clock = trouble?.clock;
  switch (view.state) {
    case "idle":
      return view.unheard
        ? { mark: "errored", text: page.unreachable, note: run.notHeard }
        : undefined;
    case "posted":
    case "queued":
      return {
        mark: "queued",
        text: view.trouble?.offline ? page.offline : page.waiting,
        note: note ?? (view.position === undefined ? undefined : run.place(view.position)),
        clock,
      };
    case "waking":
      return {
        mark: "waking",
        text: view.wakingElsewhere ? run.waking.elsewhere : run.waking.state,
        ...(note === undefined ? wakingNote(view, now, wording) : { note, clock }),
      };
    case "retrying": {
      const { retrying } = view;
      const wait = retrying && clockOf(retrying.waitS, view, now, wording);
      const attempt = retrying ? ` (${run.attempt(retrying.attempt, retrying.of)})` : "";
      return {
        mark: "retrying",
        text: run.retrying + attempt,
        note: note ?? retryingNote(view, wait, wording),
        clock: note === undefined ? wait : clock,
      };
    }
    case "running":
      return { mark: "running", text: run.running, note, clock };
    case "refused":
      return refusedStatus(view.refusal, wording);
    default:
      return endStatus(view, view.state, wording, claims);
  }
}

/** A translated sentence stands alone: the server's English detail is behind the disclosure. */
function refusedStatus(refusal: Refusal | undefined, wording: Wording): Status {
  if (!refusal) return { mark: "refused", text: wording.run.notRun };
  const { text, lang, isTranslated } = serverSentence(
    refusal.code,
    refusal.title,
    wording,
    refusal.translated,
  );
  const note = isTranslated ? undefined : refusal.detail && withMoments(refusal.detail, wording);
  return { mark: "refused", text, textLang: lang, note };
}

/** Replaces machine-written moments by the reader's own date and time. */
export function withMoments(text: string, { format }: Wording): string {
  return text.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, format.moment);
}

/** Returns the limit that ended the run, and who can raise it; a reader can't. */
function limitWords(
  { ending }: View,
  { limits }: ShownClaims,
  { run, format }: Wording,
): string | undefined {
  const limitOf = (name: "wall_s" | "cpu_s" | "memory_mb") =>
    Math.min(limits?.[name] ?? DEFAULT_LIMITS[name], LIMIT_CEILINGS[name]);
  switch (ending?.reason?.code) {
    case "wall_time":
      return run.limit(format.duration(limitOf("wall_s")));
    case "cpu_time":
      return run.limit(format.duration(limitOf("cpu_s")));
    case "memory":
      return run.limit(`${format.number(limitOf("memory_mb"))}\u00a0MiB`);
    default:
      return undefined;
  }
}

function endStatus(
  view: View,
  state: Exclude<
    View["state"],
    "idle" | "posted" | "queued" | "waking" | "retrying" | "running" | "refused"
  >,
  wording: Wording,
  claims: ShownClaims | undefined,
): Status {
  const { page, run, format } = wording;
  const { ending } = view;
  const ranS = ending?.times.ran_s;
  const after = ranS === undefined ? undefined : format.duration(ranS);
  const reason =
    ending?.reason && serverSentence(ending.reason.code, ending.reason.message, wording);
  switch (state) {
    case "succeeded":
    case "failed":
      return { mark: state, text: exitOf(view, after, wording), note: reason?.text };
    case "timed_out":
    case "killed":
      return {
        mark: state,
        text: run.ended.stopped(after),
        // The responder's own figure is said below, with who can raise it.
        note: [
          reason?.text.replace(/ The limit is [\d.]+ \w+\.$/, ""),
          claims && limitWords(view, claims, wording),
        ]
          .filter(Boolean)
          .join(run.space),
      };
    case "canceled":
      return view.run && !ending
        ? { mark: state, text: run.left, note: run.goesOn }
        : { mark: state, text: page.canceled };
    case "errored":
      return {
        mark: state,
        text: reason?.text ?? run.notRun,
        textLang: reason?.lang,
        note: adviceFor(view, wording),
      };
    default:
      state satisfies never;
      return { mark: "errored", text: String(state) };
  }
}

function exitOf({ ending }: View, after: string | undefined, { run }: Wording): string {
  if (ending?.signal) return run.ended.signal(ending.signal, after);
  const status = ending?.exit_code ?? undefined;
  return status === undefined ? run.ended.plain(after) : run.ended.status(status, after);
}

function retryingNote(
  { retrying }: View,
  wait: string | undefined,
  wording: Wording,
): string | undefined {
  if (!retrying) return undefined;
  const { code, message } = retrying.reason;
  const { retryIn, retryNow, space } = wording.run;
  const again = wait === undefined ? retryNow : retryIn(wait);
  return serverSentence(code, message, wording).text + space + again;
}

/** Returns the note beside the age of a stored result. */
export function storedNote(view: View, { run }: Wording): string {
  if (isStored(view)) return run.stored.answers;
  return isBusy(view) ? run.stored.until : run.stored.noNewer;
}

/** Returns the next step for the reader after a run that failed for reasons other than its code. */
function adviceFor({ ending }: View, { run: { advice } }: Wording): string {
  switch (ending?.reason?.code) {
    case "runtime_not_installed":
      return advice.signAgain;
    case "sandbox_missing":
    case "launch_refused":
      return advice.operator;
    case "quota_reached":
    case "no_capacity":
      return advice.laterMachines;
    case "budget_spent":
      return advice.laterBudget;
    case "not_repeatable":
      return advice.mayHaveRun;
    default:
      return advice.tryAgain;
  }
}

function troubleOf(
  view: View,
  { said, code, offline, waitS }: Trouble,
  now: number,
  wording: Wording,
): Pick<Status, "note" | "clock"> {
  const { page, run } = wording;
  const clock = clockOf(waitS, view, now, wording);
  const again = clock === undefined ? page.tryingAgain : run.askIn(clock);
  if (offline && isAsked(view)) return { note: again, clock };
  const what = said ? busySentence(code, said, wording) : offline ? page.offline : page.unreachable;
  return { note: what + run.space + again, clock };
}

/** The part of a busy server's sentence before its colon: the countdown says when to try again. */
function busySentence(code: string | undefined, said: string, wording: Wording): string {
  const { text } = serverSentence(code ?? "", said, wording);
  return text.split(/\s*[:：]/)[0]!.replace(/[.。]$/, "") + wording.run.stop;
}

/** Returns whether the run has not started, as far as the page knows. */
function isAsked({ state }: View): boolean {
  return state === "posted" || state === "queued";
}

/** Returns the rest of a wait in whole seconds; undefined once it is over. */
function clockOf(
  waitS: number,
  { toldAt = 0 }: View,
  now: number,
  { format }: Wording,
): string | undefined {
  const left = Math.ceil(waitS - (now - toldAt) / 1000);
  return left < 1 ? undefined : format.wait(left);
}
