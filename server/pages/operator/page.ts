import { html } from "hono/html";
import type { Fault } from "../../operate/faults/faults.ts";
import type { ErrorFacts } from "../../logs/error-facts.ts";
import { agoTime } from "../format.ts";
import type { Html } from "../layout.ts";

/** The server's own faults, for its operator. */
export function faultsPage(faults: readonly Fault[], now: number): Html {
  return html`<h1>Faults</h1>
    <p class="lead">
      Errors of this server itself, newest first. A reader only sees that something failed, with the
      request’s id, which finds it here.
    </p>
    ${faults.length === 0 ? html`<p>None so far.</p>` : faults.map((fault) => oneFault(fault, now))}`;
}

function oneFault(fault: Fault, now: number): Html {
  const { id, what, count, first_at, last_at, error, context } = fault;
  return html`<section aria-labelledby="fault-${id}">
    <h2 id="fault-${id}">${what || error.message}</h2>
    <p>
      ${error.type}: ${error.message}
      <small
        >${count === 1 ? "once" : `${count} times`},
        ${agoTime(last_at, now)}${count === 1 ? "" : html`, first ${agoTime(first_at, now)}`}</small
      >
    </p>
    ${
      Object.keys(context).length === 0
        ? ""
        : html`<p>
            ${Object.entries(context).map(
              ([name, value]) => html`<code>${name}=${String(value)}</code> `,
            )}
          </p>`
    }
    <details>
      <summary>Where</summary>
      <pre tabindex="0">${stackOf(error)}</pre>
    </details>
  </section>`;
}

function stackOf({ type, message, stack, cause }: ErrorFacts): string {
  const own = stack ?? `${type}: ${message}`;
  return cause ? `${own}\ncaused by ${stackOf(cause)}` : own;
}
