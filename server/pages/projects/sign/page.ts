import { html } from "hono/html";
import { SHOWN_AS } from "../../../../protocol/claims.ts";
import { pagePaths } from "../../../../protocol/paths.ts";
import { RUNTIMES } from "../../../../protocol/runtimes.ts";
import { checkBox, selectField, textArea, textField } from "../../form/fields.ts";
import type { FormState } from "../../form/mistakes.ts";
import { postForm } from "../../form/post-form.ts";
import type { Html } from "../../layout.ts";

export interface SignPage {
  slug: string;
  state: FormState;
  /** Whether this server holds a key of the project. */
  hasServerKey: boolean;
  /** The server's public URL, which tokens name. */
  url: string;
}

const CACHES = [
  ["", "Never: each press runs it"],
  ["60", "1 minute"],
  ["3600", "1 hour"],
  ["86400", "1 day"],
  ["604800", "7 days"],
] as const;

/** The form that signs a block. Its script signs in the browser; without, a key of the server signs. */
export function signBlockPage({ slug, state, hasServerKey, url }: SignPage): Html {
  const more = [
    "inputs",
    "wall_s",
    "memory_mb",
    "network",
    "origins",
    "edit",
    "once",
    "value",
    "show",
  ];
  const isOpen = more.some((name) => state.mistakes[name] ?? state.typed?.get(name));
  const cache = state.typed?.get("cache") ?? "";
  const caches = CACHES.some(([value]) => value === cache)
    ? CACHES
    : [...CACHES, [cache, `${cache} s`] as const];
  return html`<h1>Sign a block</h1>
    <p class="lead">
      Everybody who sees the signed block on a page can run exactly this code, and nothing else.
    </p>
    <div
      id="sign"
      data-project="${slug}"
      data-server="${url}"
      data-keys="${pagePaths.sign(slug)}/keys"
    >
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
              values: runtimesOf(state).map((name) => [name, name] as const),
            })}
            ${textField(state, {
              name: "title",
              label: "Title",
              help: "Optional. What lists and screen readers call it.",
              maxLength: 200,
            })}
          </div>`,
          selectField(state, {
            name: "cache",
            label: "A stored result answers for",
            values: caches,
          }),
          html`<details ${isOpen ? html`open` : ""}>
            <summary>Inputs, limits and sites</summary>
            ${moreFields(state)}
          </details>`,
          hasServerKey ? serverKeyField(state) : noScript,
          html`<input type="hidden" name="block" id="signed-block" />`,
          html`<section id="preview" class="preview" hidden aria-labelledby="preview-title">
            <h2 id="preview-title">What is signed</h2>
            <p id="preview-facts" class="quiet"></p>
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
            <p class="help" id="own-key-words"></p>
            <p><button type="button" id="download-key">Make a key and download it</button></p>
          </div>`,
        ],
      })}
    </div>`;
}

function runtimesOf({ typed }: FormState): string[] {
  const asked = typed?.get("runtime");
  return asked && !RUNTIMES.some((name) => name === asked) ? [...RUNTIMES, asked] : [...RUNTIMES];
}

function moreFields(state: FormState): Html {
  return html`${textArea(state, {
    name: "inputs",
    label: "Inputs",
    help: html`One a line, such as <code>count=integer,min=1,max=10,default=3</code> or
      <code>mode=choice,values=fast|slow</code>. The program reads <code>INPUT_COUNT</code>.`,
    rows: 3,
  })}
  ${textField(state, {
    name: "wall_s",
    label: "Most seconds",
    help: "30 unless given.",
    type: "number",
    size: 8,
  })}
  ${textField(state, {
    name: "memory_mb",
    label: "Most MiB of memory",
    help: "256 unless given.",
    type: "number",
    size: 8,
  })}
  ${textField(state, {
    name: "network",
    label: "Network",
    help: "Hosts that it may reach, or any. The project’s settings have to allow them.",
    code: true,
  })}
  ${textArea(state, {
    name: "origins",
    label: "Sites that may send it",
    help: "Addresses such as https://blog.example, one a line. Empty: any site.",
    rows: 2,
  })}
  ${selectField(state, {
    name: "show",
    label: "Show its output as",
    values: [["", "as it is"], ...SHOWN_AS.map((kind) => [kind, kind] as const)],
  })}
  ${checkBox(state, {
    name: "value",
    label: "Its last expression is the result’s value",
    help: "For python and ruby.",
    checked: false,
  })}
  ${checkBox(state, { name: "edit", label: "Readers may change the code", checked: false })}
  ${checkBox(state, {
    name: "once",
    label: "Never run it twice",
    help: "A run whose machine is lost is not tried again.",
    checked: false,
  })}`;
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
