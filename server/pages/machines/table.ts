import { html } from "hono/html";
import {
  causeWords,
  costWords,
  hoursWords,
  kindWords,
  releaseWords,
  wentWords,
} from "../../../protocol/machine-words.ts";
import type { MachineView } from "../../../protocol/machines.ts";
import { pagePaths } from "../../../protocol/paths.ts";
import { agoTime } from "../format.ts";
import type { Html } from "../layout.ts";
import { machineState } from "./state.ts";
import { tableHead } from "../table-head.ts";

export interface MachinesTableOptions {
  now: number;
  /** Whether ids lead to the machines' pages, which only the server's owner may see. */
  linked: boolean;
}

/** Machines with why each came or went, and what it used. */
export function machinesTable(
  machines: readonly MachineView[],
  { now, linked }: MachinesTableOptions,
): Html {
  return html`<table class="rows">
    ${tableHead("State", "Machine", "Pool", "Why", "Used", "Since")}
    <tbody>
      ${machines.map(
        (machine) =>
          html`<tr>
            <td>${machineState(machine)}</td>
            <th scope="row" class="name">
              ${
                linked
                  ? html`<a href="${pagePaths.machine(machine.id)}">${shortId(machine.id)}</a>`
                  : shortId(machine.id)
              }
              <small>${kindWords(machine)}</small>
              ${machine.is_older ? html`<small class="refused">Responder ${releaseWords(machine)}</small>` : ""}
            </th>
            <td class="name">
              ${poolLink(machine.pool)}
              ${
                machine.pool === "shared" && machine.project !== null
                  ? html`<small>paid by ${machine.project}</small>`
                  : ""
              }
            </td>
            <td class="name">${whyWords(machine)}</td>
            <td class="figure">
              ${hoursWords(machine.hours)}
              ${machine.cost === null ? "" : html`<small>${costWords(machine.cost)}</small>`}
            </td>
            <td class="when">
              ${agoTime(Date.parse(machine.ended_at ?? machine.since), now)}
              ${
                machine.idle_since === null
                  ? ""
                  : html`<small>idle ${agoTime(Date.parse(machine.idle_since), now)}</small>`
              }
            </td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}

export function shortId(id: string): string {
  return id.slice(0, 8);
}

export function poolLink(pool: string): Html | string {
  const [, kind, slug] = /^(project|strangers):(.+)$/.exec(pool) ?? [];
  if (kind === undefined || slug === undefined) return "shared";
  const link = html`<a href="${pagePaths.project(slug)}">${slug}</a>`;
  return kind === "strangers" ? html`strangers of ${link}` : link;
}

/** Why it went, or why it is there. */
function whyWords({ came, went }: MachineView): string {
  const words = went ? wentWords(went) : causeWords(came);
  return words.charAt(0).toUpperCase() + words.slice(1);
}
