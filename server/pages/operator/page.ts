import { html } from "hono/html";
import { pagePaths } from "../../../protocol/paths.ts";
import type { Fault } from "../../operate/faults/faults.ts";
import type { ErrorFacts } from "../../logs/error-facts.ts";
import { postButton } from "../form/post-form.ts";
import { agoTime } from "../format.ts";
import type { Html } from "../layout.ts";
import { nextStep } from "./next-steps.ts";

export interface FaultsOptions {
  /** Pages of runs by their id. */
  runPages: ReadonlyMap<string, string>;
  now: number;
}

/** The server's own faults, for its operator: those that nobody has seen first. */
export function faultsSection(faults: readonly Fault[], options: FaultsOptions): Html {
  const unseen = faults.filter((fault) => !isSeen(fault));
  const seen = faults.filter(isSeen);
  return html`<h2 id="faults">Faults</h2>
    <p>
      Errors of this server itself, newest first. A reader only sees that something failed, with the
      request’s id, which finds it here.
    </p>
    ${
      faults.length === 0
        ? html`<p>None so far.</p>`
        : unseen.length === 0
          ? html`<p>None since they were last marked as seen.</p>`
          : postButton(`${pagePaths.operator}/faults/seen`, "Mark all as seen")
    }
    ${unseen.map((fault) => oneFault(fault, options))}
    ${
      seen.length === 0
        ? ""
        : html`<details>
            <summary>${seen.length} seen</summary>
            ${seen.map((fault) => oneFault(fault, options))}
          </details>`
    }`;
}

function isSeen({ seen = 0, count }: Fault): boolean {
  return seen >= count;
}

function oneFault(fault: Fault, { runPages, now }: FaultsOptions): Html {
  const { id, what, count, first_at, last_at, error, context } = fault;
  const times = count === 1 ? "Once" : `${count} times`;
  const since = count === 1 ? "" : html`, first ${agoTime(first_at, now)}`;
  return html`<section aria-labelledby="fault-${id}">
    <h3 id="fault-${id}">${what || error.message}</h3>
    <p>${error.type}: ${error.message}</p>
    <p>${times}, ${agoTime(last_at, now)}${since}. ${nextStep(fault)}</p>
    ${
      Object.keys(context).length === 0
        ? ""
        : html`<p>
            ${Object.entries(context).map(
              ([name, value]) => html`${contextItem(name, String(value), runPages)} `,
            )}
          </p>`
    }
    <details>
      <summary>Where</summary>
      <pre tabindex="0">${stackOf(error)}</pre>
    </details>
  </section>`;
}

/** A fact of a fault's log line; an id leads to its page. */
function contextItem(name: string, value: string, runPages: FaultsOptions["runPages"]): Html {
  const text = html`<code>${name}=${value}</code>`;
  const page =
    name === "machine"
      ? pagePaths.machine(value)
      : name === "project" && /^[\w-]+\/[\w.-]+$/.test(value)
        ? pagePaths.project(value)
        : runPages.get(value);
  return page === undefined ? text : html`<a href="${page}">${text}</a>`;
}

function stackOf({ type, message, stack, cause }: ErrorFacts): string {
  const own = stack ?? `${type}: ${message}`;
  return cause ? `${own}\ncaused by ${stackOf(cause)}` : own;
}
