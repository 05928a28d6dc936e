import { html } from "hono/html";
import { safeParse } from "valibot";
import { RefNameSchema, type Revision } from "../../../../protocol/command.ts";
import { pagePaths } from "../../../../protocol/paths.ts";
import { CommandRequestSchema } from "../../../../protocol/projects.ts";
import type { Commands } from "../../../commands/commands.ts";
import type { Reading } from "../../../commands/reading/reading.ts";
import { newId } from "../../../database/ids.ts";
import { firstIssue } from "../../../http/json-body.ts";
import { textArea, textField } from "../../form/fields.ts";
import { FormError } from "../../form/mistakes.ts";
import { postForm } from "../../form/post-form.ts";
import { fieldLines, fieldText } from "../../form/read-form.ts";
import type { Html } from "../../layout.ts";
import type { FormPage } from "../form-page.ts";
import { trailOf } from "../serve-page.ts";

export interface RunNowDeps {
  commands: Pick<Commands, "create">;
  reading: Pick<Reading, "refs">;
}

/** Runs the project's file, or a command, at a branch, tag or commit. */
export function runNowForm({ commands, reading }: RunNowDeps): FormPage {
  return {
    path: pagePaths.runNow(":owner/:name"),
    scope: "run",
    fields: { project_without_repository: "", revision: "at", task: "command" },

    async show(c, { project: { slug, defaultBranch, repository }, may }, state) {
      const page = {
        title: `Run ${slug}`,
        here: "Run now",
        description: `Starts a run of ${slug}.`,
        above: [trailOf(slug)],
      };
      if (repository === null) {
        return {
          ...page,
          main: html`<h1>Run now</h1>
            ${withoutRepository(slug, may("admin"))}`,
        };
      }
      const fields = [
        textField(state, {
          name: "at",
          label: "Branch, tag or commit",
          help: html`Empty: the tip of
          ${defaultBranch === null ? "the default branch" : html`<code>${defaultBranch}</code>`}.`,
          value: c.req.query("at") ?? "",
          size: 40,
          code: true,
          suggestions: (await reading.refs(slug)).map((ref) => ref.replace(/^refs\/heads\//, "")),
        }),
        textArea(state, {
          name: "command",
          label: "Command",
          help: html`Run by <code>bash</code>. Empty: what the <code>.deferred-server</code> file
            says.`,
          rows: 3,
        }),
        html`<input
          type="hidden"
          name="request"
          value="${state.typed?.get("request") ?? newId()}"
        />`,
      ];
      const main = html`<h1>Run now</h1>
        <p class="lead">
          A machine wakes if none is awake. The next page shows each step as it comes.
        </p>
        ${postForm(state, { button: "Run now", primary: true, back: pagePaths.project(slug), fields })}`;
      return { ...page, main };
    },

    async submit({ slug, form, actor }) {
      const command = fieldLines(form, "command").trim();
      const parsed = safeParse(CommandRequestSchema, {
        revision: revisionOf(fieldText(form, "at")),
        ...(command === "" ? {} : { task: { do: "exec", command } }),
      });
      if (!parsed.success) throw new FormError({ command: `${firstIssue(parsed.issues)}.` });
      const { id } = await commands.create(slug, parsed.output, requestKey(form), actor);
      return pagePaths.run(slug, id);
    },
  };
}

/** A form that is sent twice, by two presses, makes one run: its hidden key is the same. */
export function requestKey(form: URLSearchParams): string | undefined {
  const key = form.get("request") ?? "";
  return /^[0-9a-z]{16,64}$/.test(key) ? key : undefined;
}

function revisionOf(at: string): Revision {
  if (at === "") return { of: "ref" };
  if (/^[0-9a-f]{7,64}$/.test(at)) return { of: "commits", commits: [at] };
  if (safeParse(RefNameSchema, at).success) return { of: "ref", ref: at };
  throw new FormError({ at: "This can’t be the name of a branch, tag or commit." });
}

function withoutRepository(slug: string, mayAdd: boolean): Html {
  return html`<p class="lead">This project has no repository, so there is nothing to run.</p>
    ${
      mayAdd
        ? html`<p class="buttons">
            <a class="button action" href="${pagePaths.repository(slug)}">Add its repository</a>
          </p>`
        : html`<p>Its owners can add one.</p>`
    }`;
}
