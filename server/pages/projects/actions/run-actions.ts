import { html } from "hono/html";
import { pagePaths } from "../../../../protocol/paths.ts";
import { isEnded } from "../../../../protocol/run.ts";
import type { ShownRun } from "../../../commands/reading/run.ts";
import { passesTakenOver } from "../../../commands/taken-over.ts";
import { newId } from "../../../database/ids.ts";
import { loggedSteps } from "../../../runs/log-steps.ts";
import { storedCommand } from "../../../runs/record.ts";
import { postButton } from "../../form/post-form.ts";
import type { Html } from "../../layout.ts";
import type { May } from "../project-tabs.ts";

/** The reader's actions on a run: run it again, or only what failed of it, or cancel it. */
export function runActions(slug: string, run: ShownRun, may: May): Html | "" {
  if (!may("run")) return "";
  const { id, state } = run.row;
  const again = pagePaths.runAgain(slug, id);
  const failedAgain = { request: newId(), only: "failed" };
  return html`<div class="buttons">
    ${canTakeOver(run) ? postButton(again, "Run failed again", { fields: failedAgain }) : ""}
    ${
      isEnded(state)
        ? postButton(again, "Run again", { fields: { request: newId() } })
        : html`<a class="button" href="${pagePaths.cancelRun(slug, id)}">Cancel</a>`
    }
  </div>`;
}

function canTakeOver({ row, ending, events }: ShownRun): boolean {
  if (!ending) return false;
  const { taken_over: takenOver = [] } = storedCommand(row);
  const steps = loggedSteps(events.filter(({ event }) => event.type !== "output"));
  return passesTakenOver({ id: row.id, takenOver, ending }, steps).length > 0;
}
