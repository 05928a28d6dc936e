import type { Context, Hono } from "hono";
import { html } from "hono/html";
import { pagePaths } from "../../../protocol/paths.ts";
import type { Access } from "../../accounts/access.ts";
import type { Projects } from "../../projects/projects.ts";
import { slugOf } from "../../projects/slug.ts";
import { mistakesOf, UNTOUCHED, type FormState } from "../form/mistakes.ts";
import { readForm } from "../form/read-form.ts";
import { trailOf, write, type ServePage } from "../projects/serve-page.ts";
import { shell } from "../projects/shell.ts";
import { machineSections, summaryOf } from "./list-page.ts";
import type { MachinePagesDeps } from "./routes.ts";
import { settingsForm, settingsOfForm } from "./settings-form.ts";

export interface ProjectMachinesDeps {
  machines: MachinePagesDeps["machines"];
  access: Access;
  projects: Pick<Projects, "get">;
  version: string;
}

/** The page of a project's machines for its members. Only the server's owner, who pays, changes their settings. */
export function addProjectMachines(app: Hono, page: ServePage, deps: ProjectMachinesDeps): void {
  const { machines, access, projects, version } = deps;
  const { views, actions, defaults, maxMachines } = machines;
  const path = pagePaths.projectMachines(":owner/:name");
  const settingsPath = `${path}/settings`;
  const isOwner = async (c: Context) => (await access.currentUser(c))?.user.owner === true;

  page(
    path,
    async (c, { project: { slug }, now }) => {
      const list = await views.list(slug);
      const owner = await isOwner(c);
      return {
        title: `Machines of ${slug}`,
        tab: "machines" as const,
        here: "Machines",
        description: `The machines of ${slug}, why they came, and what they use.`,
        above: [trailOf(slug)],
        main: html`<h1>Machines</h1>
          <p class="lead">
            ${summaryOf(list)} They run the work of this project alone; blocks run on shared ones.
          </p>
          ${machineSections(list, {
            now,
            linked: owner,
            settingsPath: owner ? `${pagePaths.projectMachines(slug)}/settings` : undefined,
          })}`,
      };
    },
    { own: true },
  );

  async function content(slug: string, state: FormState) {
    const { settings, budget } = await views.list(slug);
    return {
      title: `Settings of machines of ${slug}`,
      tab: "machines" as const,
      here: "Settings",
      description: `What machines ${slug} gets, and how many stay.`,
      above: [trailOf(slug), [pagePaths.projectMachines(slug), "Machines"] as const],
      main: html`<h1>Settings of machines</h1>
        <p class="lead">What is left empty is as for all projects.</p>
        ${settingsForm(state, {
          action: `${pagePaths.projectMachines(slug)}/settings`,
          settings,
          defaults,
          maxMachines,
          budget: budget.limit_hours !== null,
          back: pagePaths.projectMachines(slug),
        })}`,
    };
  }

  page(
    settingsPath,
    async (c, { project: { slug } }) => ((await isOwner(c)) ? content(slug, UNTOUCHED) : undefined),
    { own: true },
  );

  app.post(settingsPath, async (c) => {
    const slug = slugOf(c);
    await access.submitAsOwner(c);
    access.about(c, slug);
    await projects.get(slug);
    const typed = await readForm(c);
    try {
      await actions.changeSettings(slug, settingsOfForm(typed));
    } catch (error) {
      const found = mistakesOf(error);
      if (!found) throw error;
      const shown = await content(slug, { typed, mistakes: found.mistakes });
      const signedIn = await access.currentUser(c);
      return write(c, shell({ ...shown, signedIn, version }), 422);
    }
    return c.redirect(pagePaths.projectMachines(slug), 303);
  });
}
