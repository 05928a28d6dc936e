import { html, nothing, type TemplateResult } from "lit";
import { isBusy, type View } from "./view.ts";

export const OFFLINE = "This device is offline.";

/** The status of a press while the run part, which has the words for all others, is not loaded. */
export function waitingWords({ state, trouble }: View): string {
  if (state !== "posted") return state === "idle" ? "" : "The run was canceled.";
  if (!trouble) return "Waiting…";
  const why = trouble.offline ? OFFLINE : "Waiting… The server can’t be reached.";
  return `${why} Trying again; the request is kept.`;
}

export function waitingLine(view: View, stop: () => void): TemplateResult | typeof nothing {
  const words = waitingWords(view);
  if (words === "") return nothing;
  return html`<div class="line">
    <div class="status" part="status">${words}</div>
    ${
      isBusy(view)
        ? html`<button class="stop" part="stop" type="button" @click=${stop}>Stop</button>`
        : nothing
    }
  </div>`;
}
