import { html, nothing, type TemplateResult } from "lit";
import type { ResultOptions } from "../run/result-area.ts";
import type { PageWords } from "../words/words.ts";
import { recordedSlot } from "./recorded-slot.ts";
import { stopButton } from "./stop-button.ts";
import { isBusy, type View } from "./view.ts";

/** The status of a press while the run part, which has the words for all others, is not loaded. */
export function waitingWords({ state, trouble }: View, words: PageWords): string {
  if (state !== "posted") return state === "idle" ? "" : words.canceled;
  if (!trouble) return words.waiting;
  const why = trouble.offline ? words.offline : `${words.waiting} ${words.unreachable}`;
  return `${why} ${words.tryingAgain}`;
}

export function waitingLine(options: ResultOptions): TemplateResult | typeof nothing {
  const { view, language, name, stop } = options;
  const words = language.spoken.page;
  const status = waitingWords(view, words);
  const line = html`<div class="line">
    <div class="status" part="status"><bdi>${status}</bdi></div>
    ${isBusy(view) ? stopButton(words, name, stop) : nothing}
  </div>`;
  if (!options.recorded) return status === "" ? nothing : line;
  return html`${status === "" ? nothing : line} ${recordedSlot(words.recorded, false)}`;
}
