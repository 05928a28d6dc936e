import { html } from "hono/html";
import { ERRORS } from "../../../protocol/errors.ts";
import { REASONS } from "../../../protocol/reasons.ts";
import type { Html } from "../layout.ts";
import { tableHead } from "../table-head.ts";

/** Every code of an error, and every reason of a run's end. */
export function codesPage(): Html {
  return html`<h1>Errors and reasons</h1>
    ${errors()} ${reasons()}`;
}

function errors(): Html {
  return html`<section aria-labelledby="errors">
    <h2 id="errors">Errors</h2>
    <p>
      Every error is a problem document (RFC 9457) with one of these codes. A code keeps its
      meaning;
      <code>detail</code> adds the facts of the case.
    </p>
    <table class="wide">
      ${tableHead("Code", "Status", "What to do")}
      <tbody>
        ${Object.entries(ERRORS).map(
          ([code, [status, sentence]]) =>
            html`<tr id="${code}">
              <th scope="row"><code>${code}</code></th>
              <td>${status}</td>
              <td>${sentence}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </section>`;
}

function reasons(): Html {
  return html`<section aria-labelledby="reasons">
    <h2 id="reasons">Reasons</h2>
    <p>Why an attempt was lost, or a run ended without an exit of its own.</p>
    <table class="wide">
      ${tableHead("Code", "Meaning")}
      <tbody>
        ${Object.entries(REASONS).map(
          ([code, sentence]) =>
            html`<tr ${code in ERRORS ? "" : html`id="${code}"`}>
              <th scope="row"><code>${code}</code></th>
              <td>${sentence}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </section>`;
}
