import { html } from "hono/html";
import { pagePaths } from "../../../../protocol/paths.ts";
import { isEnded, type RunState } from "../../../../protocol/run.ts";
import { newId } from "../../../database/ids.ts";
import { postButton } from "../../form/post-form.ts";
import type { Html } from "../../layout.ts";
import type { May } from "../project-tabs.ts";

/** The reader's actions on a run: run it again, or cancel it. */
export function runActions(
  slug: string,
  run: { id: string; state: RunState },
  may: May,
): Html | "" {
  if (!may("run")) return "";
  const { id, state } = run;
  return html`<div class="buttons">
    ${
      isEnded(state)
        ? postButton(pagePaths.runAgain(slug, id), "Run again", { fields: { request: newId() } })
        : html`<a class="button" href="${pagePaths.cancelRun(slug, id)}">Cancel</a>`
    }
  </div>`;
}
