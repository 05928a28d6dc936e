import { html, nothing, type TemplateResult } from "lit";
import type { Mark } from "./marks.ts";

export interface Status {
  mark: Mark;
  /** The state of the run, in a few words. */
  text: string;
  /** The language of `text`, where it is the server's and not that of the words. */
  textLang?: string | undefined;
  /** Details, or what the reader can do next. */
  note?: string | undefined;
  /** The part of `note` that counts down. */
  clock?: string | undefined;
}

export interface StatusLineOptions {
  status: Status | undefined;
  mark: TemplateResult | undefined;
  /** Time since the press, while the run is under way. */
  elapsed: string | undefined;
  /** The button that stops the run, while there is something to stop. */
  stop: unknown;
}

/** What happens, for readers who see; the live region says it to others. */
export function statusLine({ status, mark, elapsed, stop }: StatusLineOptions): TemplateResult {
  return html`<div class="line">
    ${mark}
    <div class="status" part="status">
      <bdi lang=${status?.textLang ?? nothing}>${status?.text}</bdi>
      ${status?.note ? html`<span class="note"><bdi>${status.note}</bdi></span>` : nothing}
    </div>
    ${elapsed === undefined ? nothing : html`<span class="elapsed">${elapsed}</span>`} ${stop}
  </div>`;
}
