import { html } from "hono/html";
import { safeParse } from "valibot";
import { SlugSchema } from "../../../protocol/claims.ts";
import { pagePaths } from "../../../protocol/paths.ts";
import { duration, refWords } from "../../../protocol/words.ts";
import type { ListedRun } from "../../commands/reading/runs.ts";
import type { StartRuns } from "../../commands/reading/start.ts";
import { textField } from "../form/fields.ts";
import { UNTOUCHED } from "../form/mistakes.ts";
import { postForm } from "../form/post-form.ts";
import { agoTime } from "../format.ts";
import type { Html } from "../layout.ts";
import { stateLabel } from "../projects/marks.ts";
import { projectSearch } from "../projects/search.ts";
import { tableHead } from "../table-head.ts";

export interface StartPage {
  runs: StartRuns;
  /** Whether the reader may read any project. */
  hasProjects: boolean;
  mayAdd: boolean;
  /** Who reads it. */
  user: { id: string; name: string };
  now: number;
}

/** The first page of a signed-in person: runs of all their projects. */
export function startPage({ runs, hasProjects, mayAdd, user, now }: StartPage): Html {
  if (!hasProjects) return mayAdd ? firstProject(user.name) : welcome();
  const { underWay, failed, recent, blocks } = runs;
  const isEmpty = recent.length + blocks.length + underWay.length === 0;
  const seen = { user: user.id, now };
  return html`<div class="title-row">
      <h1>Your runs</h1>
      ${mayAdd ? html`<p class="buttons"><a class="button" href="${pagePaths.newProject}">Add a project</a></p>` : ""}
    </div>
    ${projectSearch("")} ${section("under-way", "Under way", underWay, seen)}
    ${section("failed", "Failed in the last 7 days", failed, seen)}
    ${
      isEmpty
        ? html`<p>
            Nothing has run yet. Push to a project’s repository, sign a block, or open
            <a href="${pagePaths.projects}">a project</a> and press Run now.
          </p>`
        : section("recent", "Recent", recent, seen)
    }
    ${section("blocks", "Blocks", blocks, seen)}
    <p class="alone"><a href="${pagePaths.projects}">All projects</a></p>`;
}

/** Makes a project by its name alone, and goes on to sign a block. */
function firstProject(name: string): Html {
  return html`<h1>Make your first project</h1>
    <p class="lead">
      It holds the keys of your blocks. Sign one next, and put it on any page of yours.
    </p>
    ${postForm(UNTOUCHED, {
      action: pagePaths.newProject,
      button: "Make the project",
      primary: true,
      fields: textField(UNTOUCHED, {
        name: "slug",
        label: "Name",
        help: html`<code>owner/name</code>. It can’t be changed later, and nobody else gets the part
          before the slash.`,
        value: suggestedSlug(name),
        required: true,
        size: 40,
        code: true,
      }),
    })}
    <p>
      You have a repository whose pushes should run?
      <a href="${pagePaths.newProject}">Connect it</a>
    </p>`;
}

/** A name of a person's first project; empty where none can be made of the person's name. */
export function suggestedSlug(name: string): string {
  const part = name
    .normalize("NFKD")
    .toLowerCase()
    .replace(/\p{M}/gu, "")
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 39)
    .replace(/^-+|-+$/g, "");
  const slug = `${part}/blocks`;
  return safeParse(SlugSchema, slug).success ? slug : "";
}

function welcome(): Html {
  return html`<h1>Welcome</h1>
    <p class="lead">You are in no project yet. The owner of one can invite you.</p>
    <p class="buttons"><a href="${pagePaths.examples}">See what blocks can do</a></p>`;
}

function section(
  id: string,
  words: string,
  runs: readonly ListedRun[],
  { user, now }: { user: string; now: number },
): Html | "" {
  if (runs.length === 0) return "";
  return html`<section aria-labelledby="${id}">
    <h2 id="${id}">${words}</h2>
    <table class="rows">
      ${tableHead("State", "Run", "Branch", "Author", "Took", "When")}
      <tbody>
        ${runs.map(
          (run) =>
            html`<tr>
              <td>${stateLabel(run.state)}</td>
              <th scope="row" class="text">
                <a href="${pagePaths.run(run.project, run.id)}">${run.title}</a>
                <small
                  ><a href="${pagePaths.project(run.project)}">${run.project}</a>${
                    run.started_by?.id === user ? " · started by you" : ""
                  }</small
                >
              </th>
              <td class="name">${run.ref ? refWords(run.ref) : ""}</td>
              <td class="name">${run.author ?? ""}</td>
              <td class="figure">${run.ran_s === undefined ? "" : duration(run.ran_s)}</td>
              <td class="when">${agoTime(run.created_at, now)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </section>`;
}
