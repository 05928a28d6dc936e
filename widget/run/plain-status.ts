import type { Trouble, View } from "../element/view.ts";
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

/** Whether the run part has all that `view` shows; else the part for other states has it. */
export function isPlain(view: View): boolean {
  const { state, run, ending, output, trouble } = view;
  const { dropped, unread, parts } = output;
  return (
    PLAIN.includes(state) &&
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
  const { state, trouble, ending, refusal } = view;
  const note = trouble ? troubleNote(trouble, view, wording) : view.canceling && run.stopping;
  const detail = note ? { note } : {};
  switch (state) {
    case "idle":
      return view.unheard ? { mark: "errored", text: page.unreachable } : undefined;
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
      return { mark: state, text: exitOf(view, after, wording) };
    }
  }
}

function troubleNote({ offline }: Trouble, { state }: View, wording: PlainWording): string {
  const { page, run } = wording;
  if (offline && (state === "posted" || state === "queued")) return page.tryingAgain;
  return (offline ? page.offline : page.unreachable) + run.space + page.tryingAgain;
}

export function exitOf({ ending }: View, after: string | undefined, { run }: PlainWording): string {
  if (ending?.signal) return run.ended.signal(ending.signal, after);
  const status = ending?.exit_code ?? undefined;
  return status === undefined ? run.ended.plain(after) : run.ended.status(status, after);
}
