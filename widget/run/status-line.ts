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
  /** Time since the press, while the run is under way. */
  elapsed: string | undefined;
  /** The button that stops the run, while there is something to stop. */
  stop: unknown;
}

/** What happens, for readers who see; the live region says it to others. */
export function statusLine({
  status,
  path,
  slot,
  elapsed,
  stop,
}: StatusLineOptions): TemplateResult {
  const { mark, text, textLang } = status;
  return html`<div class="line">
    <slot name=${slot && `icon-${mark}`}>${markOf(mark, path)}</slot>
    <div class="status" part="status">
      <slot name=${slot}><bdi lang=${textLang ?? nothing}>${text}</bdi></slot> ${noteOf(status)}
    </div>
    ${elapsed === undefined ? nothing : html`<span class="elapsed">${elapsed}</span>`} ${stop}
  </div>`;
}

function noteOf({ note, brief = note }: Status): TemplateResult | typeof nothing {
  if (!note || !brief) return nothing;
  if (brief === note) return html`<span class="note"><bdi>${note}</bdi></span>`;
  return html`<details class="note" part="details">
    <summary><bdi>${brief}</bdi></summary>
    <bdi>${note.slice(brief.length).trim()}</bdi>
  </details>`;
}
