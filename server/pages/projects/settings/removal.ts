import { html } from "hono/html";
import { pagePaths } from "../../../../protocol/paths.ts";
import { textField } from "../../form/fields.ts";
import { FormError } from "../../form/mistakes.ts";
import { fieldText } from "../../form/read-form.ts";
import type { FormPage } from "../form-page.ts";
import { confirmationPage } from "./confirmation.ts";

/** Removes the project, after its name was typed. */
export function projectRemoval(remove: (slug: string) => Promise<void>): FormPage {
  return confirmationPage({
    path: pagePaths.removeProject(":owner/:name"),
    tab: "remove",
    scope: "own",

    async ask(_c, { project: { slug } }, state) {
      return {
        heading: `Remove ${slug}?`,
        lead: "For seven days it can be restored, with all that stopped. After that it is gone for good.",
        goes: [
          "At once: its pages, runs and results are shown to nobody, and runs that have not ended are canceled.",
          "At once: its webhooks, schedules and API tokens stop working, and every block that was signed for it is refused.",
          "After seven days: its secrets, credentials, tokens, caches and files are deleted.",
          html`Its name stays taken: no other project is ever called ${slug}.`,
        ],
        button: "Remove the project",
        back: pagePaths.settings(slug),
        fields: textField(state, {
          name: "name",
          label: html`Type <code>${slug}</code> to confirm`,
          required: true,
          code: true,
        }),
      };
    },

    async submit({ slug, form }) {
      if (fieldText(form, "name") !== slug) {
        throw new FormError({ name: `This is not the project’s name: type ${slug}.` });
      }
      await remove(slug);
      return `${pagePaths.removedProjects}?done=${encodeURIComponent(slug)}`;
    },
  });
}
