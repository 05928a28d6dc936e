import { html } from "hono/html";
import { ERRORS } from "../../../protocol/errors.ts";
import { REASONS } from "../../../protocol/reasons.ts";
import type { Html } from "../layout.ts";
import { docsPaths, errorAddress } from "./addresses.ts";
import type { Library } from "./library.ts";

/** All guides with a sentence each, and where the parts of the page went that was here before. */
export function overview({ groups, tags }: Library): Html {
  return html`<h1>Docs</h1>
    ${movedParts(tags.keys())}
    <p class="lead">
      Guides for authors, teams and operators, and every call of this server. They describe exactly
      the version that runs here.
    </p>
    ${groups
      .filter(({ folded }) => !folded)
      .map(
        ({ name, guides }) =>
          html`<h2>${name}</h2>
            <dl class="titles">
              ${guides.map(
                (guide) =>
                  html`<div>
                    <dt><a href="${docsPaths.guide(guide.path)}">${guide.name}</a></dt>
                    <dd>${guide.sentence}</dd>
                  </div>`,
              )}
            </dl>`,
      )}
    <h2>Calls of the API</h2>
    <ul class="tags">
      ${[...tags].map(([tag]) => html`<li><a href="${docsPaths.tag(tag)}">${tag}</a></li>`)}
      <li><a href="${docsPaths.codes}">Errors and reasons</a></li>
      <li><a href="/openapi.json">openapi.json</a></li>
    </ul>`;
}

/** All calls of the document, for the end of the guide on the API. */
export function allCalls({ tags }: Library): Html {
  return html`<h2 id="calls">All calls</h2>
    ${[...tags].map(
      ([tag, calls]) =>
        html`<h3><a href="${docsPaths.tag(tag)}">${tag}</a></h3>
          <ul class="calls">
            ${calls.map(
              (call) =>
                html`<li>
                  <a href="${docsPaths.call(tag, call)}"
                    ><code><b>${call.method}</b> ${call.path}</code></a
                  >
                  ${call.operation.summary}
                </li>`,
            )}
          </ul>`,
    )}
    <p>
      Their <a href="${docsPaths.codes}">errors and reasons</a>. The same for programs:
      <a href="/openapi.json">openapi.json</a>.
    </p>`;
}

/** An address's fragment does not reach the server, so the page shows where that part is now. */
function movedParts(tags: Iterable<string>): Html {
  const codes = [...new Set([...Object.keys(ERRORS), ...Object.keys(REASONS)])];
  return html`${[...tags].map(
      (tag) =>
        html`<p class="moved" id="tag-${tag.toLowerCase()}">
          The calls of <a href="${docsPaths.tag(tag)}">${tag}</a> have a page of their own.
        </p>`,
    )}
    <p class="moved" id="start">
      How to run code <a href="${docsPaths.tag("Runs")}#start">from a terminal</a> is on a page of
      its own.
    </p>
    ${["errors", "reasons"].map(
      (part) =>
        html`<p class="moved" id="${part}">
          All ${part} are on <a href="${errorAddress(part)}">a page of their own</a>.
        </p>`,
    )}
    ${codes.map(
      (code) =>
        html`<p class="moved" id="error-${code}">
          <a href="${errorAddress(code)}" id="${code}">What <code>${code}</code> means</a>
        </p>`,
    )}`;
}
