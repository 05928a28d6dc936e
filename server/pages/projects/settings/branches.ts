import { html } from "hono/html";
import { safeParse } from "valibot";
import { pagePaths } from "../../../../protocol/paths.ts";
import { ProjectSettingsSchema } from "../../../../protocol/projects.ts";
import type { Projects } from "../../../projects/projects.ts";
import { checkBox, textArea } from "../../form/fields.ts";
import { FormError, type Mistakes } from "../../form/mistakes.ts";
import { postForm } from "../../form/post-form.ts";
import { fieldList, isChecked } from "../../form/read-form.ts";
import type { FormPage } from "../form-page.ts";
import { doneAt, settingsPage } from "./settings-page.ts";

/** Which pushes and pull requests make runs. */
export function branchSettings(projects: Pick<Projects, "change">): FormPage {
  return {
    path: pagePaths.branches(":owner/:name"),
    scope: "admin",

    async show(c, { project: { slug, settings } }, state) {
      return settingsPage(c, {
        slug,
        tab: "branches",
        heading: "What runs",
        lead: html`Each push to one of these runs what the repository’s
          <code>.deferred-server</code> file says.`,
        main: postForm(state, {
          button: "Save",
          primary: true,
          fields: [
            textArea(state, {
              name: "branches",
              label: "Branches",
              help: html`One a line; <code>*</code> stands for any characters, as in
                <code>release/*</code>. Empty: no branch runs.`,
              value: settings.branches.join("\n"),
              rows: 4,
            }),
            textArea(state, {
              name: "tags",
              label: "Tags",
              help: html`The same for pushed tags, such as <code>v*</code>.`,
              value: settings.tags.join("\n"),
              rows: 3,
            }),
            checkBox(state, {
              name: "pull_requests",
              label: "Pull requests run, too",
              help: "Those of forks run as strangers: without secrets and caches, on machines of their own.",
              checked: settings.pull_requests,
            }),
            checkBox(state, {
              name: "approve_strangers",
              label: "A stranger’s first pull request waits for an approval",
              help: "A maintainer approves its author, or runs it once.",
              checked: settings.approve_strangers,
            }),
            checkBox(state, {
              name: "cancel_outdated",
              label: "A newer push cancels the runs of older ones on its branch",
              checked: settings.cancel_outdated,
            }),
          ],
        }),
      });
    },

    async submit({ slug, form }) {
      const settings = {
        branches: patternsOf(form, "branches"),
        tags: patternsOf(form, "tags"),
        pull_requests: isChecked(form, "pull_requests"),
        approve_strangers: isChecked(form, "approve_strangers"),
        cancel_outdated: isChecked(form, "cancel_outdated"),
      };
      await projects.change(slug, { settings });
      return doneAt(pagePaths.branches(slug), "saved");
    },
  };
}

function patternsOf(form: URLSearchParams, name: "branches" | "tags"): string[] {
  const patterns = fieldList(form, name);
  const { [name]: schema } = ProjectSettingsSchema.entries;
  const all = safeParse(schema, patterns);
  if (all.success) return all.output;
  const wrong = patterns.find((pattern) => !safeParse(schema, [pattern]).success);
  const mistakes: Mistakes = {
    [name]:
      wrong === undefined
        ? `Name 50 ${name} at most.`
        : `${wrong.slice(0, 100)} is not the name of a ${name === "tags" ? "tag" : "branch"}: leave out the characters ~ ^ : ? [ and \\.`,
  };
  throw new FormError(mistakes);
}
