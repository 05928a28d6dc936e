import { isBusy, type View } from "../element/view.ts";
import type { PlainWording } from "./plain-wording.ts";
import type { Status } from "./status-line.ts";

/** A run that takes longer, in ms, says how much it has printed, and has minutes. */
const LONG_MS = 10_000;

/**
 * Whether the run part has all that `view` shows at `now`, in ms: a run that prints text and succeeds. The part for
 * other states has the rest.
 */
export function isPlain(view: View, now: number): boolean {
  const { state, ending, output } = view;
  const { parts } = output;
  const lastsMs = ending ? (ending.times.ran_s ?? 0) * 1000 : now - view.pressedAt;
  const others = [
    ...[view.trouble, view.canceling, view.position, view.unheard, view.stored, view.edited],
    ...[output.dropped, output.unread, ending?.reason, ending?.artifacts.length],
    ending?.truncated.artifacts,
  ];
  return (
    /^(posted|queued|running|succeeded)$/.test(state) &&
    lastsMs < LONG_MS &&
    !others.some(Boolean) &&
    (ending ? parts.length === 1 : parts.length < 2) &&
    parts.every(({ stream, cut }) => stream === "stdout" && cut === 0)
  );
}

/** The status of a plain view. Of others a short form, for as long as their words are not loaded. */
export function plainStatus(view: View, wording: PlainWording): Status | undefined {
  const text = plainText(view, wording);
  if (text === undefined) return undefined;
  const { page, run } = wording;
  const { state, trouble } = view;
  const why = trouble?.offline ? page.offline : page.unreachable;
  return {
    mark: state === "idle" ? "errored" : state === "posted" ? "queued" : state,
    text,
    note: trouble && why + run.space + page.tryingAgain,
  };
}

function plainText(view: View, { page, run, format }: PlainWording): string | undefined {
  const { state, ending, refusal, unheard } = view;
  if (state === "idle") return unheard ? page.unreachable : undefined;
  if (state === "running") return run.running;
  if (isBusy(view)) return page.waiting;
  if (state === "canceled") return page.canceled;
  const ranS = ending?.times.ran_s;
  const after = ranS === undefined ? undefined : format.duration(ranS);
  const status = ending?.exit_code ?? undefined;
  const ended = status === undefined ? run.ended.plain(after) : run.ended.status(status, after);
  return refusal?.title ?? ending?.reason?.message ?? ended;
}
