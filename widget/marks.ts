import { html, type TemplateResult } from "lit/html.js";

/** One mark a state; they differ in shape, not only in colour. */
const PATHS = {
  queued: "M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 1 0 0-11",
  waking: "M8 2.5a5.5 5.5 0 1 1-5.5 5.5",
  retrying: "M13.2 9A5.4 5.4 0 1 1 11.8 4.1L13.5 5.7M13.5 2v3.7H9.8",
  running: "M1.5 8h13",
  succeeded: "M3 8.6l3.3 3.2L13 4.6",
  failed: "M4 4l8 8M12 4l-8 8",
  timed_out: "M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 1 0 0-11M8 5v3.3l2.3 1.4",
  killed: "M5.5 2.5h5l3 3v5l-3 3h-5l-3-3v-5zM5.8 5.8l4.4 4.4M10.2 5.8l-4.4 4.4",
  canceled: "M4 4h8v8H4z",
  errored: "M8 2.2L14.6 13.6H1.4zM8 6.6v3.2M8 11.4v.4",
  refused: "M5 8V3.8M7.7 7V2.3M10.4 7V3M13 5v5a4 4 0 0 1-8 1L2.6 8.4",
} as const;

export type Mark = keyof typeof PATHS;

export function markOf(mark: Mark): TemplateResult {
  return html`<svg class="mark ${mark}" part="mark" viewBox="0 0 16 16" aria-hidden="true">
    <path class="track" d=${mark === "running" ? PATHS.running : ""} />
    <path d=${PATHS[mark]} />
  </svg>`;
}
