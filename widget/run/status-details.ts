import { html, type TemplateResult } from "lit";
import type { Status } from "./status-line.ts";

/** A note whose beginning is always shown, and the rest behind a disclosure; undefined: all of it is shown. */
export function detailsOf({ note, brief }: Status): TemplateResult | undefined {
  if (!note || !brief || brief === note) return undefined;
  return html`<details class="note" part="details">
    <summary><bdi>${brief}</bdi></summary>
    <bdi>${note.slice(brief.length).trim()}</bdi>
  </details>`;
}
