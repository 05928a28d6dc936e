import { html, nothing, type TemplateResult } from "lit";
import { type Mark, markOf } from "./marks.ts";

export interface Status {
  mark: Mark;
  /** The state of the run, in a few words. */
  text: string;
  /** The language of `text`, where it is the server's and not that of the words. */
  textLang?: string | undefined;
  /** Details, or what the reader can do next. */
  note?: string | undefined;
  /** The beginning of `note` that is always shown; the rest is behind a disclosure. Absent: all of it. */
  brief?: string | undefined;
  /** The part of `note` that counts down. */
  clock?: string | undefined;
}

export interface StatusLineOptions {
  status: Status;
  /** The drawing of its mark, if it is not plain. */
  path: string | undefined;
  /** The author's own words for it have this slot; empty: the line is closed, and has none. */
  slot: string;
  /** The note behind a disclosure, if it has more than is always shown. */
  details: unknown;
  /** Time since the press, while the run is under way. */
  elapsed: string | undefined;
  /** The button that stops the run, while there is something to stop. */
  stop: unknown;
}

/** What happens, for readers who see; the live region says it to others. */
export function statusLine(options: StatusLineOptions): TemplateResult {
  const { status, path, slot, details, elapsed, stop } = options;
  const { mark, text, textLang, note } = status;
  return html`<div class="line">
    <slot name=${slot && `icon-${mark}`}>${markOf(mark, path)}</slot>
    <div class="status" part="status">
      <slot name=${slot}><bdi lang=${textLang ?? nothing}>${text}</bdi></slot>
      ${details ?? (note ? html`<span class="note"><bdi>${note}</bdi></span>` : nothing)}
    </div>
    ${elapsed && html`<span class="elapsed" dir="ltr">${elapsed}</span>`} ${stop}
  </div>`;
}
