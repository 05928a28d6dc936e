import { html } from "hono/html";
import {
  causeWords,
  costWords,
  hoursWords,
  kindWords,
  releaseWords,
  wentWords,
} from "../../../protocol/machine-words.ts";
import type { MachineView, WakeView } from "../../../protocol/machines.ts";
import { pagePaths } from "../../../protocol/paths.ts";
import { selectField } from "../form/fields.ts";
import type { FormState } from "../form/mistakes.ts";
import { postButton, postForm } from "../form/post-form.ts";
import { agoTime } from "../format.ts";
import type { Html } from "../layout.ts";
import { machineState } from "./state.ts";
import { poolLink, shortId } from "./table.ts";
import { wakesFigure } from "./wakes-figure.ts";

export interface MachinePageOptions {
  machine: MachineView;
  wakes: readonly WakeView[];
  /** Pages of runs by their id, where they have one. */
  runPages: ReadonlyMap<string, string>;
  projects: readonly string[];
  hasKinds: boolean;
  /** Of the form that assigns it. */
  state: FormState;
  now: number;
}

/** The page of one machine: its facts, its actions and its wakes. */
export function machinePage(options: MachinePageOptions): Html {
  const { machine, wakes } = options;
  const trouble = machine.went && machine.state !== "ready" ? wentWords(machine.went) : "";
  return html`<h1>Machine <small>${shortId(machine.id)}</small></h1>
    <p class="lead">${machineState(machine)} ${trouble}</p>
    ${actions(options)}
    <dl class="facts">
      ${factsOf(options).map(
        ([name, value]) =>
          html`<div>
            <dt>${name}</dt>
            <dd>${value}</dd>
          </div>`,
      )}
    </dl>
    ${assignForm(options)}
    <h2 id="wakes">Wakes</h2>
    ${wakesFigure(wakes, undefined, { linked: false })} `;
}

function actions({ machine: { id, state, type }, hasKinds }: MachinePageOptions): Html {
  const act = (name: string) => `${pagePaths.machine(id)}/${name}`;
  return html`<div class="buttons acts">
    ${state === "stopped" ? postButton(act("start"), "Start", { primary: true }) : ""}
    ${state === "ready" || state === "launching" ? postButton(act("stop"), "Stop") : ""}
    ${hasKinds && type !== null && state !== "gone" ? postButton(act("default"), "Make default") : ""}
    ${state === "gone" ? "" : html`<a class="button" href="${act("end")}">End…</a>`}
  </div>`;
}

function factsOf({ machine, runPages, now }: MachinePageOptions): [string, Html | string][] {
  const { came, host, sandbox, runs } = machine;
  const time = (moment: string) => agoTime(Date.parse(moment), now);
  const runLink = (id: string) => {
    const page = runPages.get(id);
    return page === undefined
      ? html`<code>${shortId(id)}</code> `
      : html`<a href="${page}"><code>${shortId(id)}</code></a> `;
  };
  const facts: [string, Html | string | false | null | undefined][] = [
    ["Kind", kindWords(machine)],
    ["Image", machine.image],
    [
      "Provider’s id",
      machine.provider_id !== machine.id &&
        machine.provider_id &&
        html`<code>${machine.provider_id}</code>`,
    ],
    ["Pool", poolLink(machine.pool)],
    ["Paid by", machine.project ?? "the server"],
    ["Came", came?.run ? html`${causeWords(came)} ${runLink(came.run)}` : causeWords(came)],
    ["Requested", time(machine.since)],
    ["Ready", machine.ready_at && time(machine.ready_at)],
    ["Runs", runs.length === 0 ? undefined : html`${runs.map(runLink)}`],
    ["Idle since", machine.idle_since && time(machine.idle_since)],
    ["Last call", time(machine.last_seen_at)],
    [
      machine.state === "stopped" ? "Stopped" : "Ended",
      machine.ended_at && html`${time(machine.ended_at)}`,
    ],
    [
      "Used",
      machine.cost === null
        ? hoursWords(machine.hours)
        : `${hoursWords(machine.hours)}, ${costWords(machine.cost)} by the price in DEFERRED_EC2_PRICES`,
    ],
    ["Host", host && `${host.os} ${host.arch}, ${host.cpus} processors, ${host.memory_mb} MB`],
    ["Sandbox", sandbox && [sandbox.name, ...sandbox.features].join(", ")],
    [
      "Responder",
      machine.is_older
        ? html`<span class="refused">${releaseWords(machine)}</span>`
        : releaseWords(machine),
    ],
    ["Runtimes", machine.runtimes.map(({ name, version }) => `${name} ${version}`).join(", ")],
    ["Id", html`<code>${machine.id}</code>`],
  ];
  return facts.flatMap(([name, value]): [string, Html | string][] =>
    value ? [[name, value]] : [],
  );
}

function assignForm({ machine, projects, state }: MachinePageOptions): Html | "" {
  const isFree = machine.pool === "shared" && ["launching", "ready"].includes(machine.state);
  if (!isFree || projects.length === 0) return "";
  return html`<h2 id="assign">Assign to a project</h2>
    <p>A machine that has run nothing yet may serve one project instead of blocks.</p>
    ${postForm(state, {
      action: `${pagePaths.machine(machine.id)}/assign`,
      button: "Assign",
      fields: selectField(state, {
        name: "project",
        label: "Project",
        values: projects.map((slug) => [slug, slug] as const),
      }),
    })}`;
}

/** Asks before a machine is ended. */
export function endPage({ machine }: { machine: MachineView }): Html {
  const { id, runs } = machine;
  const held = runs.length;
  const what =
    held === 0
      ? "It holds no run, so it goes at once,"
      : `It holds ${held} ${held === 1 ? "run, which ends" : "runs, which end"} first. Then it goes`;
  return html`<h1>End machine <small>${shortId(id)}</small>?</h1>
    <p class="lead">
      ${what} for good, with what is on its disk. Work that waits wakes another one.
    </p>
    ${postForm(
      { typed: undefined, mistakes: {} },
      {
        action: `${pagePaths.machine(id)}/end`,
        button: "End this machine",
        danger: true,
        back: pagePaths.machine(id),
        fields:
          held === 0
            ? ""
            : html`<div class="field check">
                <input type="checkbox" id="field-now" name="now" />
                <label for="field-now">Do not wait: try its runs again on another machine</label>
              </div>`,
      },
    )}`;
}
