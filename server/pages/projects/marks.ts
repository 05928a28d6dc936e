import { html, raw } from "hono/html";
import type { RunState } from "../../../protocol/run.ts";
import { STATE_MARKS } from "../../../protocol/state-marks.ts";
import { STATE_WORDS } from "../../../protocol/words.ts";
import type { Html } from "../layout.ts";

export function stateIcon(state: RunState): Html {
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
