import { html, nothing, type TemplateResult } from "lit";
import type { Mark } from "./marks.ts";

export interface Status {
  mark: Mark;
  /** The state of the run, in a few words. */
  text: string;
  /** Details, or what the reader can do next. */
  note?: string | undefined;
  /** The part of `note` that counts down; screen readers do not announce its changes. */
  clock?: string | undefined;
}

export interface StatusLineOptions {
  status: Status | undefined;
  mark: TemplateResult | undefined;
  /** Time since the press, while the run is under way. */
  elapsed: string | undefined;
  /** Absent: there is nothing to stop. */
  stop: (() => void) | undefined;
}

export function statusLine({ status, mark, elapsed, stop }: StatusLineOptions): TemplateResult {
  return html`<div class="line">
    ${mark}
    <div class="status" part="status">${statusWords(status)}</div>
    ${elapsed === undefined ? nothing : html`<span class="elapsed">${elapsed}</span>`}
    ${
      stop
        ? html`<button class="stop" part="stop" type="button" @click=${stop}>Stop</button>`
        : nothing
    }
  </div>`;
}

/** The status in words, for readers and for the live region. */
export function statusWords(status: Status | undefined): TemplateResult | typeof nothing {
  if (!status) return nothing;
  return html`${status.text} ${status.note ? noteOf(status.note, status.clock) : nothing}`;
}

/** Screen readers read the countdown with the note, but do not announce each second. */
function noteOf(note: string, clock = ""): TemplateResult {
  const at = clock === "" ? note.length : note.lastIndexOf(clock);
  return html`<span class="note"
    >${note.slice(0, at)}<span aria-live="off">${clock}</span>${note.slice(at + clock.length)}</span
  >`;
}
