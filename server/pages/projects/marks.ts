import { html, raw } from "hono/html";
import type { RunState } from "../../../protocol/run.ts";
import { STATE_MARKS } from "../../../protocol/state-marks.ts";
import { STATE_WORDS } from "../../../protocol/words.ts";
import type { StepState } from "../../runs/log-steps.ts";
import type { Html } from "../layout.ts";

/** Marks of steps that no run has as its state: a dash, and a triangle. */
const STEP_MARKS = {
  skipped: "M4 8h8",
  ignored: "M8 3L14 13H2zM8 7v2.5M8 11.6v.1",
} as const satisfies Partial<Record<StepState, string>>;

export function stateIcon(state: StepState): Html {
  if (state === "skipped" || state === "ignored") {
    const mark = `<svg class="mark ${state}" viewBox="0 0 16 16" aria-hidden="true"><path d="${STEP_MARKS[state]}"/></svg>`;
    return raw(mark);
  }
  return raw(
    `<svg class="mark ${state}" viewBox="0 0 16 16" aria-hidden="true">` +
      (state === "running" ? `<path class="track" d="${STATE_MARKS.running}"/>` : "") +
      `<path d="${STATE_MARKS[state]}"/></svg>`,
  );
}

/** A state in a list: its mark and its word. */
export function stateLabel(state: RunState): Html {
  return html`<span class="state ${state}">${stateIcon(state)} ${STATE_WORDS[state]}</span>`;
}
