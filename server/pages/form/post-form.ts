import { html } from "hono/html";
import type { Html } from "../layout.ts";
import { idOf } from "./fields.ts";
import type { FormState } from "./mistakes.ts";

export interface PostFormOptions {
  /** Absent: the page's own address. */
  action?: string;
  /** The words of its button, a verb first. */
  button: string;
  /** It destroys something. */
  danger?: boolean;
  /** The page's one primary action. */
  primary?: boolean;
  /** The consequence of a mistake, in a sentence; absent: nothing was changed. */
  refused?: string;
  /** Where its cancel link leads. */
  back?: string;
  /** The words of that link, where "Cancel" has another meaning. */
  backWords?: string;
  fields: Html | string | readonly (Html | string)[];
}

/** A form that works without scripts. After a mistake it begins with a summary that links to each field. */
export function postForm(state: FormState, options: PostFormOptions): Html {
  const { action, button, danger, primary, back, backWords = "Cancel", fields } = options;
  const refused = options.refused ?? "Nothing was changed.";
  const kind = danger ? html`class="danger"` : primary ? html`class="action"` : "";
  return html`<form class="form" method="post" ${action ? html`action="${action}"` : ""} novalidate>
    ${mistakesSummary(state, refused)} ${fields}
    <p class="buttons">
      <button ${kind}>${button}</button>
      ${back === undefined ? "" : html`<a href="${back}">${backWords}</a>`}
    </p>
  </form>`;
}

/** A button that posts, alone: for what needs no fields and destroys nothing. */
export function postButton(action: string, words: string, options: PostButtonOptions = {}): Html {
  const { label, primary, fields = {} } = options;
  return html`<form class="inline" method="post" action="${action}">
    ${Object.entries(fields).map(
      ([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`,
    )}
    <button
      ${primary ? html`class="action"` : ""}
      ${label === undefined ? "" : html`aria-label="${label}"`}
    >
      ${words}
    </button>
  </form>`;
}

interface PostButtonOptions {
  /** Its name for screen readers, where several buttons have the same words. */
  label?: string;
  primary?: boolean;
  fields?: Readonly<Record<string, string>>;
}

function mistakesSummary({ mistakes }: FormState, refused: string): Html | "" {
  const all = Object.entries(mistakes);
  if (all.length === 0) return "";
  return html`<div class="status failed summary" role="alert">
    <div>
      <p><strong>${refused}</strong></p>
      ${all.map(
        ([name, sentence]) =>
          html`<p>${name === "" ? sentence : html`<a href="#${idOf(name)}">${sentence}</a>`}</p>`,
      )}
    </div>
  </div>`;
}
