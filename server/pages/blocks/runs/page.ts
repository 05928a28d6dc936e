import { html, raw } from "hono/html";
import { inspectBlock } from "../../../../blocks/inspect.ts";
import { languageOf } from "../../../../blocks/embed-tag.ts";
import { pagePaths, paths } from "../../../../protocol/paths.ts";
import { isEnded, type RunView } from "../../../../protocol/run.ts";
import { duration } from "../../../../protocol/words.ts";
import type { StoredBlockWork } from "../../../database/tables/runs.ts";
import type { RegisteredBlock } from "../../../projects/blocks/registered-block.ts";
import { shownSteps } from "../../../runs/log-steps.ts";
import type { RunRow } from "../../../runs/record.ts";
import { copyable } from "../../copyable.ts";
import { agoTime } from "../../format.ts";
import { highlight } from "../../highlight.ts";
import type { Html } from "../../layout.ts";
import { phasesOf } from "../../projects/phases.ts";
import { stepBlock } from "../../projects/step-block.ts";
import { barsOf, waterfall } from "../../projects/waterfall.ts";
import { fact } from "../facts.ts";
import { artifactList, runStatus } from "../run-page.ts";
import type { RunLog } from "./run-log.ts";
import { tableHead } from "../../table-head.ts";

export interface ShownBlockRun {
  row: RunRow;
  work: StoredBlockWork;
  view: RunView;
  log: RunLog;
  /** The block, while the server keeps it. */
  block: RegisteredBlock | undefined;
  /** Whether the reader is one of the project's people. */
  isOwn: boolean;
}

export interface BlockRunPageOptions {
  now: number;
  /** False: the reader's page has the log already. */
  withLog: boolean;
}

/** A run of a block, with its output, its files, its receipt, and where the reader may see them, its inputs and code. */
export function wholeRunPage(run: ShownBlockRun, { now, withLog }: BlockRunPageOptions): Html {
  const { row, view, log, work } = run;
  const over = isEnded(view.state);
  const live = `${pagePaths.liveBlockRun(row.id)}?after=${log.last}`;
  const artifacts = view.ending?.artifacts ?? [];
  return html`<div id="run" data-part ${over ? "" : html`data-events="${live}"`}>
      <h1 class="title">${row.title ?? work.runtime}</h1>
      ${runStatus(view, now)} ${output(run, { now, withLog })} ${picture(artifacts)}
      ${artifacts.length > 0 ? artifactList(artifacts) : ""} ${facts(run, now)}
      ${over ? "" : html`<noscript><p class="quiet">Reload this page to see more.</p></noscript>`}
    </div>
    ${isShown(run) ? program(run) : html`<p class="quiet">Its code and inputs are for the people of the project.</p>`}
    ${over ? receipt(view) : ""}`;
}

/** Code and inputs of a block without a public page may come from a page that is not public either. */
function isShown({ block, isOwn }: ShownBlockRun): boolean {
  return isOwn || (block !== undefined && block.publishedAt !== null);
}

function output({ row, view, log }: ShownBlockRun, { now, withLog }: BlockRunPageOptions): Html {
  const logged = (events: RunLog["events"]) =>
    events.map((event) => ({ at: Date.parse(event.at), event }));
  const ended = isEnded(view.state) ? view.state : undefined;
  const steps = shownSteps(logged(log.events), { runEnded: ended });
  const phases = phasesOf(logged(log.changes), row.created_at, view.state, now);
  return html`${waterfall(barsOf(phases, [], { runEnded: ended, now }))}
    <section aria-labelledby="output">
      <h2 id="output">Output</h2>
      ${steps.map((step, index) =>
        stepBlock(step, {
          slug: row.project,
          index,
          of: steps.length,
          log: withLog,
          now,
          runEnded: ended,
          isAsked: true,
          wholeUrl: "",
        }),
      )}
      ${steps.length > 0 ? "" : html`<p class="quiet">${ended === undefined ? "Nothing yet." : "The program printed nothing."}</p>`}
    </section>`;
}

function picture(artifacts: NonNullable<RunView["ending"]>["artifacts"]): Html | "" {
  const first = artifacts.find(({ type }) => /^image\/(png|jpeg|gif|webp)/.test(type));
  return first ? html`<p><img src="${first.url}" alt="${first.name}" /></p>` : "";
}

function facts({ row, view, block, isOwn }: ShownBlockRun, now: number): Html {
  const { ending } = view;
  const own = isOwn && block ? pagePaths.ownBlock(block.project, block.id) : undefined;
  const open = block?.publishedAt ? pagePaths.block(block.project, block.id) : undefined;
  const kid = block && inspectBlock(block.token).header.kid;
  return html`<dl class="facts">
    ${fact("Signed by", html`${row.project}${kid ? html`, with the key <code>${kid}</code>` : ""}`)}
    ${own || open ? fact("Block", html`<a href="${own ?? open!}">${block!.title}</a>`) : ""}
    ${fact("Asked for", agoTime(row.created_at, now))} ${fact("Runtime", html`${row.runtime}`)}
    ${row.attempt > 1 ? fact("Attempt", html`${row.attempt} of ${row.max_attempts}`) : ""}
    ${
      ending?.cpu_s === undefined
        ? ""
        : fact(
            "Used",
            html`${duration(ending.cpu_s)} of processor
            time${
              ending.memory_peak_mb === undefined
                ? ""
                : `, ${Math.round(ending.memory_peak_mb)} MiB of memory`
            }`,
          )
    }
    ${
      ending?.value === undefined
        ? ""
        : fact("Value", html`<code>${JSON.stringify(ending.value).slice(0, 1000)}</code>`)
    }
  </dl>`;
}

function program({ row, work, block }: ShownBlockRun): Html {
  const inputs = Object.entries(work.inputs);
  const language = languageOf(work.runtime);
  const edited = block !== undefined && inspectBlock(block.token).claims.code !== row.code_digest;
  return html`${
      inputs.length === 0
        ? ""
        : html`<h2 id="inputs">Inputs</h2>
            <table class="rows">
              ${tableHead("Name", "Value")}
              <tbody>
                ${inputs.map(
                  ([name, value]) =>
                    html`<tr>
                      <th scope="row"><code>${name}</code></th>
                      <td class="text">${String(value)}</td>
                    </tr>`,
                )}
              </tbody>
            </table>`
    }
    <h2 id="code">Code</h2>
    ${edited ? html`<p class="quiet">The reader changed it, as the block allows.</p>` : ""}
    <pre tabindex="0" translate="no"><code class="language-${language}">${raw(
      highlight(work.code.replace(/\n$/, ""), language),
    )}</code></pre>`;
}

function receipt(view: RunView): Html {
  return html`<h2 id="receipt">Receipt</h2>
    <p>
      The server signed what it recorded.
      <a href="${paths.runResult(view.id)}?format=json">The whole result as JSON</a> holds the
      receipt, and anybody can check it:
    </p>
    ${copyable("receipt", `deferred verify ${view.result_url}`)}`;
}
