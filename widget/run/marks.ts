import { html, type TemplateResult } from "lit";
import { PLAIN_MARKS } from "../../protocol/plain-marks.ts";
import type { RunState } from "../../protocol/run.ts";

export type Mark = RunState | "refused";

/** The drawing of `mark`; `path` is that of a state which is not plain. */
export function markOf(mark: Mark, path?: string): TemplateResult {
  const plain = mark in PLAIN_MARKS ? (mark as keyof typeof PLAIN_MARKS) : "queued";
  return html`<svg class="mark ${mark}" part="mark" viewBox="0 0 16 16" aria-hidden="true">
    <path class="track" d=${mark === "running" ? PLAIN_MARKS.running : ""} />
    <path d=${path ?? PLAIN_MARKS[plain]} />
  </svg>`;
}
