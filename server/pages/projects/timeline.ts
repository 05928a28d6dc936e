import { html, raw } from "hono/html";
import { isEnded, type RunState } from "../../../protocol/run.ts";
import type { LoggedEvent } from "../../commands/reading/run.ts";
import type { Html } from "../layout.ts";
import { duration } from "../../../protocol/words.ts";

export interface Phase {
  name: "waiting" | "waking" | "running";
  from: number;
  to: number;
}

const NAMES = { waiting: "Waiting", waking: "Waking a machine", running: "Running" };

/** The phases of a run by its state changes; an unfinished phase ends at `now`. */
export function phasesOf(
  changes: readonly LoggedEvent[],
  createdAt: number,
  state: RunState,
  now: number,
): Phase[] {
  const phases: Phase[] = [];
  let current: Phase = { name: "waiting", from: createdAt, to: createdAt };
  const change = (name: Phase["name"] | undefined, at: number) => {
    current.to = Math.max(at, current.from);
    if (name === current.name) return;
    if (current.to > current.from) phases.push(current);
    if (name) current = { name, from: current.to, to: current.to };
  };
  for (const {
    at,
    event: { type },
  } of changes) {
    if (type === "waking") change("waking", at);
    else if (type === "attempt_started") change("running", at);
    else if (type === "retrying") change("waiting", at);
    else if (type === "ended") change(undefined, at);
  }
  if (!isEnded(state)) {
    current.to = Math.max(now, current.from);
    phases.push(current);
  }
  return phases;
}

/** One bar, with its figures in a table behind. */
export function timeline(phases: readonly Phase[]): Html {
  const [first, last] = [phases[0], phases.at(-1)];
  if (!first || !last || last.to === first.from) return html``;
  const whole = last.to - first.from;
  const at = (moment: number) => Math.round(((moment - first.from) / whole) * 1000);
  const seconds = ({ from, to }: Phase) => duration((to - from) / 1000);
  const sentence = phases.map((phase) => `${NAMES[phase.name]} ${seconds(phase)}`).join(", ");
  const bars = phases
    // A phase too short to be visible still gets a minimum width.
    .map(({ name, from, to }) => {
      const width = Math.max(3, at(to) - at(from));
      return `<rect class="${name}" x="${at(from)}" width="${width}" height="12"/>`;
    })
    .join("");
  return html`<figure class="timeline">
    <svg viewBox="0 0 1000 12" preserveAspectRatio="none" role="img" aria-label="${sentence}">
      ${raw(bars)}
    </svg>
    <details>
      <summary>
        ${[...new Set(phases.map(({ name }) => name))].map(
          (name) => html`<span class="key ${name}">${NAMES[name]}</span> `,
        )}
      </summary>
      <table>
        <thead>
          <tr>
            <th scope="col">Phase</th>
            <th scope="col">Began (UTC)</th>
            <th scope="col">Took</th>
          </tr>
        </thead>
        <tbody>
          ${phases.map(
            (phase) =>
              html`<tr>
                <th scope="row">${NAMES[phase.name]}</th>
                <td class="figure">${clock(phase.from)}</td>
                <td class="figure">${seconds(phase)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </details>
  </figure>`;
}

function clock(moment: number): string {
  return new Date(moment).toISOString().slice(0, 23).replace("T", " ");
}
