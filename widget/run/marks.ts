import { html, type TemplateResult } from "lit";
import { STATE_MARKS } from "../../protocol/state-marks.ts";

const PATHS = {
  ...STATE_MARKS,
  refused: "M5 8V3.8M7.7 7V2.3M10.4 7V3M13 5v5a4 4 0 0 1-8 1L2.6 8.4",
};

export type Mark = keyof typeof PATHS;

export function markOf(mark: Mark): TemplateResult {
  return html`<svg class="mark ${mark}" part="mark" viewBox="0 0 16 16" aria-hidden="true">
    <path class="track" d=${mark === "running" ? PATHS.running : ""} />
    <path d=${PATHS[mark]} />
  </svg>`;
}
