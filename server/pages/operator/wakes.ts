import { html } from "hono/html";
import type { UsualWake } from "../../../protocol/run.ts";
import type { WakeKind } from "../../fleet/wakes.ts";
import type { Html } from "../layout.ts";
import { tableHead } from "../table-head.ts";

export type WakeFigures = UsualWake & { kind: WakeKind };

const KINDS: Record<WakeKind, string> = {
  start: "started again",
  launch: "launched, nothing to install",
  launch_set_up: "launched and set up",
};

/** Recent times from the press to a machine's first claim; readers see them as well. */
export function wakesSection(figures: readonly WakeFigures[]): Html {
  if (figures.length === 0) return html``;
  return html`<section aria-labelledby="wakes">
    <h2 id="wakes">Wakes</h2>
    <p>Time from the request for a machine until it is ready, over the last 50 of each kind.</p>
    <table>
      ${tableHead("Machines", "p50", "p90", "Wakes")}
      <tbody>
        ${figures.map(
          ({ kind, p50_s, p90_s, wakes }) =>
            html`<tr>
              <td>${KINDS[kind]}</td>
              <td class="figure">${seconds(p50_s)}</td>
              <td class="figure">${seconds(p90_s)}</td>
              <td class="figure">${wakes}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </section>`;
}

function seconds(value: number): string {
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} s`;
}
