import { html } from "hono/html";
import { settingWords } from "../../../protocol/machine-words.ts";
import { MARKETS, type MachineList } from "../../../protocol/machines.ts";
import { pagePaths } from "../../../protocol/paths.ts";
import { selectField, textField } from "../form/fields.ts";
import type { FormState } from "../form/mistakes.ts";
import { postForm } from "../form/post-form.ts";
import type { Html } from "../layout.ts";
import { budgetBar } from "./budget.ts";
import { machinesTable } from "./table.ts";
import { wakesFigure } from "./wakes-figure.ts";

/** The lists of a page of machines, for the server's owner or a project's members. */
export function machineSections(
  { machines, wakes, usual, budget, settings }: MachineList,
  options: { now: number; linked: boolean; settingsPath?: string | undefined },
): Html {
  const there = machines.filter(({ state }) => state !== "gone");
  const gone = machines.filter(({ state }) => state === "gone");
  const made = settingWords(settings);
  return html`${budgetBar(budget)}
    ${
      there.length === 0
        ? html`<p>There are no machines now. A run wakes one; until then nothing costs money.</p>`
        : machinesTable(there, options)
    }
    <h2 id="wakes">Wakes</h2>
    ${wakesFigure(wakes, usual, options)}
    <h2 id="settings">Settings</h2>
    ${
      made.length === 0
        ? html`<p class="quiet">None set: the server’s environment variables apply.</p>`
        : html`<dl class="facts">
            ${made.map(
              ([name, value]) =>
                html`<div>
                  <dt>${name}</dt>
                  <dd>${value}</dd>
                </div>`,
            )}
          </dl>`
    }
    ${options.settingsPath ? html`<p class="alone"><a href="${options.settingsPath}">Change settings</a></p>` : ""}
    ${
      gone.length === 0
        ? ""
        : html`<h2 id="gone">Gone lately</h2>
            ${machinesTable(gone, options)}`
    }`;
}

/** The number of machines in each state, as one sentence. */
export function summaryOf({ machines }: MachineList): string {
  const count = (state: string) => machines.filter((one) => one.state === state).length;
  const all: [number, string][] = [
    [count("ready"), "awake"],
    [count("launching"), "on the way"],
    [count("leaving"), "leaving"],
    [count("stopped"), "stopped"],
  ];
  const found = all.filter(([number]) => number > 0).map(([number, words]) => `${number} ${words}`);
  return found.length === 0 ? "None awake." : `${found.join(", ")}.`;
}

export interface AddFormOptions {
  projects: readonly string[];
  /** Whether machines have types, images and markets. */
  hasKinds: boolean;
}

/** Launches a machine. */
export function addForm(state: FormState, { projects, hasKinds }: AddFormOptions): Html {
  return postForm(state, {
    action: pagePaths.addMachine,
    button: "Add a machine",
    primary: true,
    back: pagePaths.machines,
    fields: [
      selectField(state, {
        name: "project",
        label: "For",
        help: "A machine of a project runs nothing of others.",
        values: [
          ["", "Blocks, in the shared pool"],
          ...projects.map((slug) => [slug, slug] as const),
        ],
      }),
      ...(hasKinds
        ? [
            textField(state, {
              name: "type",
              label: "Instance type",
              help: "Such as m7a.medium. Empty: as its pool’s settings say.",
              code: true,
              size: 20,
            }),
            textField(state, {
              name: "image",
              label: "Image",
              help: "An id, a family such as debian-13, or self: and a name. Empty: as its pool’s settings say.",
              code: true,
              size: 30,
            }),
            selectField(state, {
              name: "market",
              label: "Market",
              values: [
                ["", "As its pool’s settings say"],
                ...MARKETS.map((market) => [market, market] as const),
              ],
            }),
          ]
        : []),
    ],
  });
}
