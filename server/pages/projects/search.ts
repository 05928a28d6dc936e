import { html } from "hono/html";
import { pagePaths } from "../../../protocol/paths.ts";
import type { Html } from "../layout.ts";

/** Finds projects by a part of their name. */
export function projectSearch(query: string): Html {
  return html`<form class="search" role="search" action="${pagePaths.projects}">
    <input
      type="search"
      name="q"
      value="${query}"
      aria-label="Find a project"
      placeholder="Find a project"
      autocomplete="off"
      spellcheck="false"
    />
    <button>Find</button>
  </form>`;
}

/** The head of the list of projects, with what its reader may do. */
export function projectsHead(mayAdd: boolean): Html {
  if (!mayAdd) return html`<h1>Projects</h1>`;
  return html`<div class="title-row">
    <h1>Projects</h1>
    <p class="buttons">
      <a href="${pagePaths.removedProjects}">Removed projects</a>
      <a class="button action" href="${pagePaths.newProject}">Add a project</a>
    </p>
  </div>`;
}
