import { html } from "hono/html";
import { DEFERRED } from "../command-line.ts";
import { copyable } from "../copyable.ts";
import { pagePaths } from "../../../protocol/paths.ts";
import { agoTime } from "../format.ts";
import type { Html } from "../layout.ts";
import type { ListedProject } from "../../commands/reading/projects.ts";
import { stateLabel } from "./marks.ts";

/** All projects that a person may see. */
export function projectsList(
  projects: readonly ListedProject[],
  { signedIn, now }: { signedIn: boolean; now: number },
): Html {
  return html`<h1>Projects</h1>
    ${projects.length === 0 ? none : table(projects, now)}
    ${
      signedIn
        ? html`<h2>Add a project</h2>
            <p>
              Where the server runs, name the repository. The command prints the address and the
              secret to enter as the repository’s webhook; from then on every push runs the
              project’s commands.
            </p>
            ${copyable(
              "create",
              `${DEFERRED} projects create OWNER/NAME --repo https://github.com/OWNER/NAME`,
              "Copy the command",
            )}`
        : html`<p class="quiet">
            These are the public ones. To see the others, run <code>${DEFERRED} sign-in</code> where
            the server runs.
          </p>`
    }`;
}

const none = html`<p class="lead">There is no project yet.</p>`;

function table(projects: readonly ListedProject[], now: number): Html {
  return html`<table class="rows">
    <thead>
      <tr>
        <th scope="col">Project</th>
        <th scope="col">Last state</th>
        <th scope="col">Last run</th>
        <th scope="col">When</th>
      </tr>
    </thead>
    <tbody>
      ${projects.map(
        ({ slug, last, ...project }) =>
          html`<tr>
            <th scope="row">
              <a href="${pagePaths.project(slug)}">${slug}</a>
              ${project.public ? html` <small>public</small>` : ""}
            </th>
            <td>${last ? stateLabel(last.state) : html`<span class="quiet">No runs</span>`}</td>
            <td class="text">
              ${last ? html`<a href="${pagePaths.run(slug, last.id)}">${last.title}</a>` : ""}
            </td>
            <td class="when">${last ? agoTime(last.created_at, now) : ""}</td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}
