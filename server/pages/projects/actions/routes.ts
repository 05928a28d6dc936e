import type { Hono } from "hono";
import { html } from "hono/html";
import { pagePaths } from "../../../../protocol/paths.ts";
import { isEnded } from "../../../../protocol/run.ts";
import type { Access } from "../../../accounts/access.ts";
import type { Commands } from "../../../commands/commands.ts";
import type { Reading } from "../../../commands/reading/reading.ts";
import type { Deliveries } from "../../../hooks/deliveries.ts";
import { slugOf } from "../../../projects/slug.ts";
import type { Runs } from "../../../runs/runs.ts";
import { fieldText, readForm } from "../../form/read-form.ts";
import type { AddForm, FormPage } from "../form-page.ts";
import { trailOf } from "../serve-page.ts";
import { confirmation } from "../settings/confirmation.ts";
import { requestKey, runNowForm } from "./run-now.ts";

export interface ActionsDeps {
  access: Access;
  commands: Pick<Commands, "create" | "again">;
  reading: Pick<Reading, "refs" | "run">;
  runs: Pick<Runs, "cancel">;
  deliveries: Pick<Deliveries, "replay">;
}

/** Forms that start and stop runs of a project. */
export function addActions(app: Hono, addForm: AddForm, deps: ActionsDeps): void {
  const { access, commands, deliveries } = deps;
  const slug = ":owner/:name";

  addForm(runNowForm(deps));
  addForm(runCancellation(deps));

  app.post(pagePaths.runAgain(slug, ":id"), async (c) => {
    const project = slugOf(c);
    const actor = await access.submit(c, project, "run");
    const form = await readForm(c);
    const again = { id: c.req.param("id") ?? "", failed: fieldText(form, "only") === "failed" };
    const { id } = await commands.again(project, again, requestKey(form), actor);
    return c.redirect(pagePaths.run(project, id), 303);
  });

  addReplay(pagePaths.replayDelivery, "run");
  addReplay(pagePaths.approveDelivery, "admin");

  /** Decides on a delivery again. Who approves it also lets its author's later pull requests run. */
  function addReplay(pathOf: typeof pagePaths.replayDelivery, scope: "run" | "admin"): void {
    app.post(pathOf(slug, ":id"), async (c) => {
      const project = slugOf(c);
      const actor = await access.submit(c, project, scope);
      const id = c.req.param("id") ?? "";
      const made = await deliveries.replay(project, id, actor, scope === "admin");
      const to =
        made.run === null ? pagePaths.delivery(project, made.id) : pagePaths.run(project, made.run);
      return c.redirect(to, 303);
    });
  }
}

/** Asks before a run is canceled. */
function runCancellation({ reading, runs }: ActionsDeps): FormPage {
  return {
    path: pagePaths.cancelRun(":owner/:name", ":id"),
    scope: "run",

    async show(c, { project: { slug } }, state) {
      const run = await reading.run(slug, c.req.param("id") ?? "");
      if (!run) return undefined;
      const { id, title, state: at } = run.row;
      const page = {
        title: `Cancel a run of ${slug}`,
        here: "Cancel",
        description: `Cancels a run of ${slug}.`,
        above: [
          trailOf(slug),
          [pagePaths.runs(slug), "Runs"] as const,
          [pagePaths.run(slug, id), "Run"] as const,
        ],
        tab: "runs" as const,
      };
      if (isEnded(at)) {
        const over = html`<h1>The run has ended.</h1>
          <p class="lead"><a href="${pagePaths.run(slug, id)}">See how it went.</a></p>`;
        return { ...page, main: over };
      }
      const main = html`<h1>Cancel this run?</h1>
        <p class="lead">${title}</p>
        ${confirmation(state, {
          goes: [
            "Its program is stopped where it is. The output so far stays.",
            "A step that was changing something elsewhere, such as a deployment, may be left half done.",
          ],
          button: "Cancel the run",
          back: pagePaths.run(slug, id),
          backWords: "Let it run",
        })}`;
      return { ...page, main };
    },

    async submit({ c, slug, actor }) {
      const id = c.req.param("id") ?? "";
      const path = pagePaths.run(slug, id);
      // Another project's run is none of this one's.
      if (await reading.run(slug, id)) await runs.cancel(id, actor);
      return path;
    },
  };
}
