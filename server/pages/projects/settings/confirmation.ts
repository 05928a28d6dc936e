import { html } from "hono/html";
import type { Html } from "../../layout.ts";
import { postForm } from "../../form/post-form.ts";
import type { FormState } from "../../form/mistakes.ts";

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
