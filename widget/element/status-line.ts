import { html, nothing, type TemplateResult } from "lit";
import type { Mark } from "../run/marks.ts";
import type { View } from "./view.ts";

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
  /** Absent until the run part is loaded. */
  mark: TemplateResult | undefined;
  /** Time since the press, while the run is under way. */
  elapsed: string | undefined;
  /** Absent: there is nothing to stop. */
  stop: (() => void) | undefined;
}

/** The live region is in the page before it has text: screen readers announce changes, not insertions. */
export function statusLine({ status, mark, elapsed, stop }: StatusLineOptions): TemplateResult {
  return html`<div class="line">
    ${mark}
    <div class="status" part="status" role="status">
      ${status?.text} ${status?.note ? noteOf(status.note, status.clock) : nothing}
    </div>
    ${elapsed === undefined ? nothing : html`<span class="elapsed">${elapsed}</span>`}
    ${
      stop
        ? html`<button class="stop" part="stop" type="button" @click=${stop}>Stop</button>`
        : nothing
    }
  </div>`;
}

/** Screen readers read the countdown with the note, but do not announce each second. */
function noteOf(note: string, clock = ""): TemplateResult {
  const at = clock === "" ? note.length : note.lastIndexOf(clock);
  return html`<span class="note"
    >${note.slice(0, at)}<span aria-live="off">${clock}</span>${note.slice(at + clock.length)}</span
  >`;
}

/** Returns the status while the run part, which holds all other words, is not loaded. */
export function loadingStatus({ state, trouble }: View): Status | undefined {
  if (state === "canceled") return { mark: "canceled", text: "The run was canceled." };
  if (state !== "posted") return undefined;
  if (!trouble) return { mark: "queued", text: "Waiting…" };
  const again = "Trying again; the request is kept.";
  return trouble.offline
    ? { mark: "queued", text: OFFLINE, note: again }
    : { mark: "queued", text: "Waiting…", note: `The server can’t be reached. ${again}` };
}

export const OFFLINE = "This device is offline.";
