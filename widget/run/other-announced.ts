import { isBusy, type View } from "../element/view.ts";
import type { Announced, Spoken } from "./announced.ts";
import { otherSpeech } from "./other-speech.ts";
import type { Wording } from "./wording.ts";

/** Steps of a wake and output that comes are said at most once in this time. */
const PROGRESS_MS = 10_000;

/** Blocks that wait for the same machine say the same: it is said once in this time. */
const SAME_MS = 10_000;

/** When the page last said a text, in ms; forgotten once no run is under way. */
const saidAt = new Map<string, number>();

/** Returns what a screen reader says of any view; `last` itself: nothing new. */
export function otherAnnounced(
  last: Spoken | undefined,
  announced: Announced,
  wording: Wording,
): Spoken {
  const { view, now, name, several } = announced;
  if (!isBusy(view) && !several) saidAt.clear();
  const spoken = newSpoken(last, announced, wording);
  const { text } = spoken;
  if (spoken === last || text === "") return spoken;
  if (!isBusy(view)) return several ? { ...spoken, text: `${name}: ${text}` } : spoken;
  const isSaid = several && now - (saidAt.get(text) ?? -Infinity) < SAME_MS;
  if (isSaid) return { ...spoken, text: "" };
  saidAt.set(text, now);
  return spoken;
}

function newSpoken(
  last: Spoken | undefined,
  { view, now, changed }: Announced,
  wording: Wording,
): Spoken {
  const { run, page } = wording;
  const before = last?.view;
  if (last && view === before && !isBusy(view)) return last;
  const speech = otherSpeech(view, now, wording, changed);
  const say = (text: string, began = last?.began ?? "", progress = last?.progress ?? []) => ({
    ...{ text, said: text, at: now, view, began, progress },
  });
  if (!last || hasMoved(last.view, view)) {
    const began = isBusy(view) ? speech.beginning : speech.ending;
    // Posted and queued are the same to a reader.
    if (last && began === last.began && isBusy(view)) return { ...last, view, text: "" };
    return say(began, began, []);
  }
  if (view.canceling && !before?.canceling) return say(run.stopping);
  if (view.trouble && !before?.trouble) return say(speech.trouble);
  if (!view.trouble && before?.trouble) return say(last.began);
  if (view.earlier && !before?.earlier) return say(speech.stored);
  const news = speech.progress.filter((sentence) => !last.progress.includes(sentence));
  const isFirstPlace =
    view.position !== undefined && last.began === page.waiting && !last.progress.length;
  if (news.length === 0 || (now - last.at < PROGRESS_MS && !isFirstPlace))
    return { ...last, view, text: "" };
  return say(news.join(run.space), last.began, speech.progress);
}

function hasMoved(before: View, { state, run, retrying }: View): boolean {
  return (
    state !== before.state ||
    (run !== undefined && before.run !== undefined && run.id !== before.run.id) ||
    retrying?.attempt !== before.retrying?.attempt
  );
}
