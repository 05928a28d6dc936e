import { isBusy, type Trouble, type View } from "../element/view.ts";
import type { PlainWording } from "./plain-wording.ts";
import type { Status } from "./status-line.ts";

/** States that a run which prints text and succeeds goes through; a press may be taken back. */
const PLAIN: readonly View["state"][] = [
  "idle",
  "posted",
  "queued",
  "running",
  "succeeded",
  "canceled",
];
/** A run that takes longer, in ms, says how much it has printed, and has minutes. */
const LONG_MS = 10_000;

/** Whether the run part has all that `view` shows at `now`, in ms; else the part for other states has it. */
export function isPlain(view: View, now: number): boolean {
  const { state, run, ending, output, trouble } = view;
  const lastsMs = ending
    ? (ending.times.ran_s ?? 0) * 1000
    : isBusy(view)
      ? now - view.pressedAt
      : 0;
  const { dropped, unread, parts } = output;
  return (
    PLAIN.includes(state) &&
    lastsMs < LONG_MS &&
    (!run || state !== "canceled") &&
    (!trouble || (!trouble.said && trouble.waitS === 0)) &&
    ![view.position, view.unheard, view.stored, view.edited, unread].some(Boolean) &&
    dropped === 0 &&
    parts.every(({ cut }) => cut === 0) &&
    (!ending ||
      // Paper has an end.
      (parts.length < 2 &&
        !ending.reason &&
        ending.artifacts.length + ending.truncated.artifacts === 0))
  );
}

/** The status of a plain view. Of others a short form, for as long as their words are not loaded. */
export function plainStatus(view: View, wording: PlainWording): Status | undefined {
  const { page, run, format } = wording;
  const { state, trouble, ending, refusal, unheard } = view;
  const note = trouble ? troubleNote(trouble, view, wording) : view.canceling && run.stopping;
  const detail = note ? { note } : {};
  switch (state) {
    case "idle":
      return unheard ? { mark: "errored", text: page.unreachable } : undefined;
    case "posted":
    case "queued":
      return { mark: "queued", text: trouble?.offline ? page.offline : page.waiting, ...detail };
    case "waking":
    case "retrying":
      return { mark: state, text: page.waiting, ...detail };
    case "running":
      return { mark: state, text: run.running, ...detail };
    case "canceled":
      return { mark: state, text: page.canceled };
    default: {
      const said = refusal?.title ?? ending?.reason?.message;
      if (said) return { mark: state, text: said, textLang: "en" };
      const ranS = ending?.times.ran_s;
      const after = ranS === undefined ? undefined : format.duration(ranS);
      const status = ending?.exit_code ?? undefined;
      const text = status === undefined ? run.ended.plain(after) : run.ended.status(status, after);
      return { mark: state, text };
    }
  }
}

function troubleNote({ offline }: Trouble, { state }: View, wording: PlainWording): string {
  const { page, run } = wording;
  if (offline && (state === "posted" || state === "queued")) return page.tryingAgain;
  return (offline ? page.offline : page.unreachable) + run.space + page.tryingAgain;
}
