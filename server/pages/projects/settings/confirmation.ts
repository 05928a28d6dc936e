import type { Context } from "hono";
import { html } from "hono/html";
import type { Scope } from "../../../../protocol/roles.ts";
import { postForm } from "../../form/post-form.ts";
import type { FormState } from "../../form/mistakes.ts";
import type { Html } from "../../layout.ts";
import type { FormPage } from "../form-page.ts";
import type { SettingsTab } from "../project-tabs.ts";
import type { Seen } from "../serve-page.ts";
import { settingsPage } from "./settings-page.ts";

interface ConfirmationForm {
  /** The consequences of the action, a sentence each. */
  goes: readonly (string | Html)[];
  /** The words of its button, a verb first. */
  button: string;
  /** Where "Cancel" leads. */
  back: string;
  /** Other words for "Cancel". */
  backWords?: string;
  /** More fields, such as a name to type. */
  fields?: Html;
}

/** Says what an action destroys, and asks. */
export function confirmation(state: FormState, { goes, fields, ...form }: ConfirmationForm): Html {
  return html`<ul class="goes">
      ${goes.map((sentence) => html`<li>${sentence}</li>`)}
    </ul>
    ${postForm(state, { ...form, danger: true, fields: fields ?? "" })}`;
}

interface ConfirmationPage extends Pick<FormPage, "path" | "submit"> {
  tab: SettingsTab;
  /** Default: `admin`. */
  scope?: Scope;
  /** The question; undefined where there is nothing to destroy. */
  ask: (c: Context, seen: Seen, state: FormState) => Promise<Question | undefined>;
}

interface Question extends ConfirmationForm {
  heading: string;
  lead: string | Html;
}

/** A settings page that asks before its form destroys something; it takes a fresh proof. */
export function confirmationPage({ path, tab, scope, ask, submit }: ConfirmationPage): FormPage {
  return {
    path,
    scope: scope ?? "admin",
    fresh: true,
    submit,

    async show(c, seen, state) {
      const question = await ask(c, seen, state);
      if (!question) return undefined;
      const { heading, lead, ...form } = question;
      const main = confirmation(state, form);
      return settingsPage(c, { slug: seen.project.slug, tab, heading, lead, main });
    },
  };
}
