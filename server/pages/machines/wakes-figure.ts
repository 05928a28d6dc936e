import { html, raw } from "hono/html";
import { causeWords, wentWords } from "../../../protocol/machine-words.ts";
import type { WakeView } from "../../../protocol/machines.ts";
import { pagePaths } from "../../../protocol/paths.ts";
import type { UsualWake } from "../../../protocol/run.ts";
import { duration } from "../../../protocol/words.ts";
import type { Html } from "../layout.ts";
import { shortId } from "./table.ts";
import { tableHead } from "../table-head.ts";

const HEIGHT = 72;
const STRIDE = 12;
const WIDTH = 8;
/** A wake that failed has no time: its column has this height. */
const FAILED_HEIGHT = 10;

const KINDS: Record<WakeView["kind"], string> = {
  start: "started again",
  launch: "launched",
  launch_set_up: "launched and set up",
};

/** How long wakes took, oldest first, with p50 and p90 as lines and the figures in a table behind. */
export function wakesFigure(
  wakes: readonly WakeView[],
  usual: UsualWake | undefined,
  { linked }: { linked: boolean },
): Html {
  if (wakes.length === 0) return html`<p class="quiet">No machine was woken yet.</p>`;
  const most = Math.max(1, ...wakes.map(({ ready_s: s }) => s ?? 0));
  const height = (seconds: number) => Math.max(3, (seconds / most) * (HEIGHT - 4));
  const width = wakes.length * STRIDE;
  const columns = wakes
    .toReversed()
    .map(({ ready_s: seconds, ended_at: ended }, index) => {
      const x = index * STRIDE + 2;
      if (seconds !== null) return rect("woken", x, height(seconds));
      return rect(ended === null ? "waking" : "failed", x, FAILED_HEIGHT);
    })
    .join("");
  const lines = usual
    ? [usual.p50_s, usual.p90_s].map((seconds) => {
        const y = round(HEIGHT - height(seconds));
        return `<path d="M0 ${y}H${width}"/>`;
      })
    : [];
  const failed = wakes.filter(({ ready_s: s, ended_at: end }) => s === null && end !== null).length;
  const words = usual
    ? `${usual.wakes} ${usual.wakes === 1 ? "wake" : "wakes"}: half took up to ${duration(usual.p50_s)}, nine in ten up to ${duration(usual.p90_s)}`
    : `${wakes.length} ${wakes.length === 1 ? "wake" : "wakes"}`;
  const sentence = failed === 0 ? words : `${words}; ${failed} failed`;
  return html`<figure class="wakes">
    <svg
      viewBox="0 0 ${width} ${HEIGHT + 2}"
      role="img"
      aria-label="${sentence}"
      width="${Math.round(width * 1.5)}"
    >
      ${raw(columns + lines.join(""))}
    </svg>
    <details>
      <summary>${sentence}</summary>
      <table class="rows">
        ${tableHead("Requested (UTC)", "Machine", "Ready after", "Why it came", "Why it went")}
        <tbody>
          ${wakes.map(
            (wake) =>
              html`<tr>
                <th scope="row" class="figure">${wake.at.slice(0, 19).replace("T", " ")}</th>
                <td class="name">
                  ${
                    linked
                      ? html`<a href="${pagePaths.machine(wake.machine)}"
                          >${shortId(wake.machine)}</a
                        >`
                      : shortId(wake.machine)
                  }
                  <small>${KINDS[wake.kind]}</small>
                </td>
                <td class="figure">${wake.ready_s === null ? "never" : duration(wake.ready_s)}</td>
                <td class="name">${causeWords(wake.came)}</td>
                <td class="name">${wake.went ? wentWords(wake.went) : ""}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </details>
  </figure>`;
}

function rect(name: string, x: number, height: number): string {
  return `<rect class="${name}" x="${x}" y="${round(HEIGHT - height)}" width="${WIDTH}" height="${round(height)}"/>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
