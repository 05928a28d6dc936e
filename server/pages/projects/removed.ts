import type { Hono } from "hono";
import { html } from "hono/html";
import { pagePaths } from "../../../protocol/paths.ts";
import type { RemovedProject } from "../../../protocol/projects.ts";
import type { Access } from "../../accounts/access.ts";
import type { Projects } from "../../projects/projects.ts";
import { slugOf } from "../../projects/slug.ts";
import { postButton } from "../form/post-form.ts";
import { agoTime } from "../format.ts";
import type { Html } from "../layout.ts";
import { signInPage } from "../sign-in.ts";
import { write } from "./serve-page.ts";
import { shell } from "./shell.ts";
import { ACTIONS, tableHead } from "../table-head.ts";

export interface RemovedPageDeps {
  projects: Pick<Projects, "removedProjects" | "restore">;
  access: Pick<Access, "currentUser" | "scopeOf" | "submit">;
  version: string;
  now: () => number;
}

/** Removed projects, for their owners, each with a button that restores it. */
export function addRemovedPage(app: Hono, deps: RemovedPageDeps): void {
  const { projects, access, version, now } = deps;

  app.get(pagePaths.removedProjects, async (c) => {
    const signedIn = await access.currentUser(c);
    if (!signedIn) return write(c, signInPage(version, c), 401);
    const removed: RemovedProject[] = [];
    for (const project of await projects.removedProjects()) {
      if ((await access.scopeOf(c, project.slug)) === "own") removed.push(project);
    }
    const done = removed.find(({ slug }) => slug === c.req.query("done"));
    const page = shell({
      title: "Removed projects",
      description: "Projects that can be restored.",
      above: [],
      signedIn,
      version,
      main: html`<h1>Removed projects</h1>
        ${done ? html`<p class="done" role="status">${done.slug} is removed.</p>` : ""}
        <p class="lead">
          A removed project can be restored for seven days, with its settings, secrets, keys,
          webhooks, tokens and runs. Runs that were canceled stay canceled.
        </p>
        ${removed.length === 0 ? none : table(removed, now())}`,
    });
    return write(c, page);
  });

  app.post(pagePaths.restoreProject(":owner/:name"), async (c) => {
    const slug = slugOf(c);
    await access.submit(c, slug, "own", { removed: true });
    await projects.restore(slug);
    return c.redirect(pagePaths.project(slug), 303);
  });
}

const none = html`<p>There is none. <a href="${pagePaths.projects}">All projects</a></p>`;

function table(removed: readonly RemovedProject[], now: number): Html {
  return html`<table class="rows">
    ${tableHead("Project", "Removed", "Restorable until (UTC)", ACTIONS)}
    <tbody>
      ${removed.map(
        ({ slug, removed_at, restorable_until }) =>
          html`<tr>
            <th scope="row">${slug}</th>
            <td class="when">${agoTime(Date.parse(removed_at), now)}</td>
            <td class="when">${agoTime(Date.parse(restorable_until), now)}</td>
            <td class="act">
              ${postButton(pagePaths.restoreProject(slug), "Restore", { label: `Restore ${slug}` })}
            </td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}
