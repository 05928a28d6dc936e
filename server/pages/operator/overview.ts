import { html } from "hono/html";
import { budgetWords, releaseWords } from "../../../protocol/machine-words.ts";
import type { MachineList } from "../../../protocol/machines.ts";
import { pagePaths } from "../../../protocol/paths.ts";
import type { RunState } from "../../../protocol/run.ts";
import type { Finding } from "../../operate/doctor/finding.ts";
import type { QueuedRun } from "../../operate/queue.ts";
import { postButton } from "../form/post-form.ts";
import { agoTime } from "../format.ts";
import type { Html } from "../layout.ts";
import { summaryOf } from "../machines/list-page.ts";
import { poolLink } from "../machines/table.ts";
import { stateIcon } from "../projects/marks.ts";
import { tableHead } from "../table-head.ts";

const MARKS: Record<Finding["state"], RunState> = {
  ok: "succeeded",
  warning: "errored",
  failed: "failed",
  skipped: "canceled",
};

const WHY: Record<QueuedRun["why"], string> = {
  machine_waking: "a machine is on its way",
  machines_full: "its machines are full",
  no_machine: "no machine yet",
  earlier_run: "an earlier run of its branch comes first",
  delayed: "it is tried again in a moment",
};

/** The findings of the server's checks. */
export function checksSection(
  quick: readonly Finding[],
  slow: { at: number; findings: readonly Finding[] } | undefined,
  now: number,
): Html {
  const findings = [...quick, ...(slow?.findings ?? [])];
  const wrong = findings.filter(({ state }) => state === "warning" || state === "failed");
  const right = findings.filter((finding) => !wrong.includes(finding));
  return html`<h2 id="checks">Checks</h2>
    ${wrong.length === 0 ? html`<p>Nothing is wrong.</p>` : checksTable(wrong)}
    <details>
      <summary>${right.length} in order</summary>
      ${checksTable(right)}
    </details>
    <p>
      ${
        slow
          ? html`Storage and the public address were checked ${agoTime(slow.at, now)}.`
          : "Storage and the public address were not checked since the start."
      }
      <code>deferred doctor</code> also checks database, sandbox and mail.
    </p>
    ${postButton(`${pagePaths.operator}/checks`, "Check now")}`;
}

function checksTable(findings: readonly Finding[]): Html {
  return html`<table class="rows">
    ${tableHead("Check", "Found")}
    <tbody>
      ${findings.map(
        ({ check, state, says, fix }) =>
          html`<tr>
            <th scope="row" class="name">
              <span class="state">${stateIcon(MARKS[state])} ${check}</span>
            </th>
            <td class="text">${says}${fix ? html`<small>${fix}</small>` : ""}</td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}

/** The runs that wait, and for what. */
export function queueSection(
  { runs, count }: { runs: readonly QueuedRun[]; count: number },
  runPages: ReadonlyMap<string, string>,
  now: number,
): Html {
  if (count === 0) {
    return html`<h2 id="queue">Queue</h2>
      <p>No run waits.</p>`;
  }
  return html`<h2 id="queue">Queue</h2>
    <p>
      ${count}
      ${count === 1 ? "run waits" : "runs wait"}${
        count > runs.length ? `; the ${runs.length} oldest are listed` : ""
      }.
    </p>
    <table class="rows">
      ${tableHead("Run", "Pool", "Waits because", "Since")}
      <tbody>
        ${runs.map(
          ({ id, project, title, pool, since, why }) =>
            html`<tr>
              <th scope="row" class="text">
                <a href="${runPages.get(id) ?? pagePaths.project(project)}">${title ?? id}</a>
                <small>${project}</small>
              </th>
              <td class="name">${poolLink(pool)}</td>
              <td class="name">${WHY[why]}</td>
              <td class="when">${agoTime(since, now)}</td>
            </tr>`,
        )}
      </tbody>
    </table>`;
}

/** Machines in short, and the programs on them. */
export function machinesSummary(list: MachineList): Html {
  const awake = list.machines.filter(({ state }) => state === "ready");
  const versions = new Map<string, number>();
  for (const machine of awake) {
    const { runtimes, sandbox } = machine;
    const node = runtimes.find(({ name }) => name === "node")?.version;
    const parts = [releaseWords(machine), node && `node ${node}`, sandbox?.name];
    const words = parts.filter(Boolean).join(", ");
    versions.set(words, (versions.get(words) ?? 0) + 1);
  }
  return html`<h2 id="machines">Machines</h2>
    <p>${summaryOf(list)} ${budgetWords(list.budget)}.</p>
    ${
      versions.size === 0
        ? ""
        : html`<p>
            Responders: ${[...versions].map(([words, count]) => `${count} of ${words}`).join("; ")}.
          </p>`
    }
    <ul class="links">
      <li><a href="${pagePaths.machines}">All machines</a></li>
      <li><a href="${pagePaths.users}">Users</a></li>
      <li><a href="${pagePaths.audit}">Audit</a></li>
    </ul>`;
}

/** Limits by the variable that sets each. */
export function limitsSection(limits: readonly (readonly [name: string, value: number])[]): Html {
  return html`<h2 id="limits">Limits</h2>
    <details>
      <summary>${limits.length} limits, each by its environment variable</summary>
      <table class="rows">
        ${tableHead("Variable", "Value")}
        <tbody>
          ${limits.map(
            ([name, value]) =>
              html`<tr>
                <th scope="row" class="name"><code>${name}</code></th>
                <td class="figure">${value === 0 ? "no limit" : value}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </details>`;
}
