import { html } from "hono/html";
import { pagePaths } from "../../../../protocol/paths.ts";
import { RUNTIMES } from "../../../../protocol/runtimes.ts";
import { checkBox, selectField, textArea, textField } from "../../form/fields.ts";
import type { FormState } from "../../form/mistakes.ts";
import { postForm } from "../../form/post-form.ts";
import type { Html } from "../../layout.ts";
import { TERM_FIELDS, termFields } from "./fields.ts";
import { pageFields, PART_FIELDS, partFields } from "./part-fields.ts";

export interface SignPage {
  slug: string;
  state: FormState;
  /** Whether this server holds a key of the project. */
  hasServerKey: boolean;
  /** The server's public URL, which tokens name. */
  url: string;
}

/** The form that signs a block. Its script signs in the browser; without, a key of the server signs. */
export function signBlockPage({ slug, state, hasServerKey, url }: SignPage): Html {
  const isFilled = (names: readonly string[]) =>
    names.some((name) => state.mistakes[name] ?? state.typed?.get(name));
  const details = (summary: string, names: readonly string[], fields: Html) =>
    html`<details ${isFilled(names) ? html`open` : ""}>
      <summary>${summary}</summary>
      ${fields}
    </details>`;
  return html`<h1>Sign a block</h1>
    <p class="lead">
      Everybody who sees the signed block on a page can run exactly this code, and nothing else.
    </p>
    <div id="sign" data-project="${slug}" data-server="${url}" data-at="${pagePaths.sign(slug)}">
      ${postForm(state, {
        action: pagePaths.sign(slug),
        button: "Sign",
        primary: true,
        fields: [
          textArea(state, {
            name: "source",
            label: "Program",
            help: "Paste it, or drop its file here.",
            rows: 12,
            required: true,
          }),
          html`<div class="pair">
            ${selectField(state, {
              name: "runtime",
              label: "Runtime",
              value: "python",
              help: "A block runs with what the machines have installed: it names no packages.",
              values: RUNTIMES.map((name) => [name, name] as const),
            })}
            ${textField(state, {
              name: "title",
              label: "Title",
              help: "Optional. What lists and screen readers call it.",
              maxLength: 200,
            })}
          </div>`,
          textField(state, {
            name: "cache",
            label: "A stored result answers for",
            help: "Such as 1h or 7d. Empty: each press runs it.",
            size: 8,
            suggestions: ["1m", "1h", "1d", "7d"],
          }),
          details("Data files and code that comes before", PART_FIELDS, partFields(state)),
          details("Inputs, limits and sites", TERM_FIELDS, termFields(state)),
          details("Public page", ["publish", "as"], pageFields(state)),
          hasServerKey ? serverKeyField(state) : noScript,
          html`<input type="hidden" name="block" id="signed-block" />`,
          html`<section id="preview" class="preview" hidden aria-labelledby="preview-title">
            <h2 id="preview-title">What is signed</h2>
            <div id="preview-facts" class="quiet"></div>
            <ul id="preview-changes"></ul>
            <details>
              <summary>Canonical code</summary>
              <pre id="preview-code" tabindex="0"></pre>
            </details>
            <details>
              <summary>Claims</summary>
              <pre id="preview-claims" tabindex="0"></pre>
            </details>
          </section>`,
          html`<div id="own-key" hidden>
            <div class="help" id="own-key-words"></div>
            <p>
              <button type="button" class="button" id="download-key">
                Make a key and download it
              </button>
            </p>
          </div>`,
        ],
      })}
    </div>`;
}

function serverKeyField(state: FormState): Html {
  return checkBox(state, {
    name: "by_server",
    label: "Sign with the key that this server holds",
    help: "Without it, a key in this browser signs.",
    checked: true,
  });
}

const noScript = html`<noscript
  ><p class="quiet">
    The key that signs is in your browser, which takes a script. A maintainer can let the server
    hold a key instead, in the project’s settings.
  </p></noscript
>`;
