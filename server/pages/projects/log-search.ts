import { html } from "hono/html";
import { pagePaths } from "../../../protocol/paths.ts";
import { plainOutput } from "../../../protocol/terminal-pieces.ts";
import { lineId, type LoggedStep } from "../../runs/log-steps.ts";
import type { Html } from "../layout.ts";
import { quotedLines } from "./step-block.ts";

/** Most lines of an answer. */
const FOUND = 300;
export const MAX_SEARCH = 200;

export interface LogTools {
  slug: string;
  run: string;
  /** An attempt that is not the last one. */
  attempt: number | undefined;
  search: string;
  /** Whether no step has started. Scripts find the tools there when one does. */
  isEmpty: boolean;
}

/** The tools of a log: search, wrapping, and the log as text. A script adds the keys. */
export function logTools({ slug, run, attempt, search, isEmpty }: LogTools): Html {
  const query = attempt === undefined ? "" : `?attempt=${attempt}`;
  return html`<form
    class="filter log-tools"
    role="search"
    action="${pagePaths.run(slug, run)}"
    ${isEmpty ? html`hidden` : ""}
  >
    ${attempt === undefined ? "" : html`<input type="hidden" name="attempt" value="${attempt}" />`}
    <label for="log-search">Search the log</label>
    <input
      id="log-search"
      name="q"
      type="search"
      value="${search}"
      maxlength="${MAX_SEARCH}"
      spellcheck="false"
      autocapitalize="off"
    />
    <button>Search</button>
    <span class="quiet found" aria-live="polite"></span>
    <span class="right">
      <label class="wrap"
        ><input type="checkbox" id="wrap" checked autocomplete="off" /> Wrap lines</label
      >
      <label class="wrap" title="Minutes and seconds since the step began"
        ><input type="checkbox" id="times" autocomplete="off" /> Times</label
      >
      <a href="${pagePaths.runLog(slug, run)}${query}">Raw log</a>
      <button type="button" id="show-keys" hidden>Keys</button>
    </span>
  </form>`;
}

const KEYS = [
  ["j, k", "the next step, the one before"],
  ["Enter", "opens or folds the step"],
  ["/", "search the log; Enter goes on, Escape ends it"],
  ["w", "wraps long lines, or not"],
  ["n, p", "the next run, the previous one"],
  ["?", "shows these keys"],
] as const;

/** The keys of a run's page. Beside what live pages replace: a script fills in whether they are wanted. */
export const keysDialog = html`<dialog id="keys" aria-labelledby="keys-title">
  <h2 id="keys-title">Keys</h2>
  <dl class="keys">
    ${KEYS.map(
      ([keys, does]) =>
        html`<div>
          <dt><kbd>${keys}</kbd></dt>
          <dd>${does}</dd>
        </div>`,
    )}
  </dl>
  <p>
    <label class="wrap"><input type="checkbox" checked /> Use these keys</label>
  </p>
  <form method="dialog"><button>Close</button></form>
</dialog>`;

/** The lines of all steps that contain the text, each with its step and its number. */
export function foundLines(
  { slug, run, attempt, search }: LogTools,
  steps: readonly LoggedStep[],
): Html {
  const wanted = search.toLowerCase();
  let room = FOUND;
  let total = 0;
  const found = steps.map((step, index) => {
    const all = step.lines.filter(({ raw }) => plainOutput(raw).toLowerCase().includes(wanted));
    total += all.length;
    const lines = all.slice(0, room);
    room -= lines.length;
    return { step, index, lines };
  });
  const some = found.filter(({ lines }) => lines.length > 0);
  const address = pagePaths.run(slug, run);
  const at = attempt === undefined ? "" : `&attempt=${attempt}`;
  return html`<div class="found-lines">
    <p>
      ${total === 0 ? "No line contains" : total === 1 ? "1 line contains" : `${total} lines contain`}
      “${search}”${total > FOUND ? `; the first ${FOUND} are shown` : ""}.
      <a href="${address}${attempt === undefined ? "" : `?attempt=${attempt}`}"
        >Show the whole log</a
      >
    </p>
    ${some.map(
      ({ step, index, lines }) =>
        html`<h3><code>${step.name}</code></h3>
          ${quotedLines(
            { index, lines, label: `Lines of step ${index + 1}` },
            (number) => `${address}?step=${index}${at}#${lineId(index, number)}`,
          )}`,
    )}
  </div>`;
}
