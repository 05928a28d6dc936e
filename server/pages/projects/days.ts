import { html, raw } from "hono/html";
import type { DayOfRuns } from "../../commands/reading/days.ts";
import type { Html } from "../layout.ts";
import { runsUrl } from "./runs-table.ts";
import { tableHead } from "../table-head.ts";

const HEIGHT = 72;
const STRIDE = 20;
const WIDTH = 14;

/** Runs a day as columns above their dates; a day leads to its runs, and its figures stand in a table behind. */
export function daysFigure(slug: string, days: readonly DayOfRuns[]): Html {
  const most = Math.max(1, ...days.map(({ succeeded, failed }) => succeeded + failed));
  const total = days.reduce((sum, { succeeded, failed }) => sum + succeeded + failed, 0);
  const failed = days.reduce((sum, day) => sum + day.failed, 0);
  const words = `${total} ${total === 1 ? "run" : "runs"} in ${days.length} days, ${failed} of them failed`;
  return html`<figure class="days">
    <div class="plot">
      <span class="most" aria-hidden="true">${most}</span>
      <span class="zero" aria-hidden="true">0</span>
      <svg
        viewBox="0 0 ${days.length * STRIDE} ${HEIGHT}"
        preserveAspectRatio="none"
        role="group"
        aria-label="${words}"
      >
        ${days.map((day, index) => column(slug, day, index, most))}
      </svg>
      <p class="axis" aria-hidden="true">
        ${[0, Math.floor((days.length - 1) / 2), days.length - 1].map(
          (index) => html`<span>${dateWords(days[index]!.at)}</span> `,
        )}
      </p>
    </div>
    <details>
      <summary>${words}</summary>
      ${daysTable(slug, days)}
    </details>
  </figure>`;
}

function column(slug: string, { at, ...day }: DayOfRuns, index: number, most: number): Html {
  const height = (runs: number) => (runs === 0 ? 0 : Math.max(4, (runs / most) * (HEIGHT - 4)));
  const [good, bad] = [height(day.succeeded), height(day.failed)];
  const x = index * STRIDE;
  const floor = HEIGHT - 2;
  const bars =
    rect("none", { x, y: floor, width: WIDTH, height: 1 }) +
    rect("succeeded", { x, y: floor - good, width: WIDTH, height: good }) +
    // Failed runs are hollow, on top: they differ in shape, not only in colour.
    rect("failed", { x: x + 1, y: floor - good - bad + 1, width: WIDTH - 2, height: bad - 2 });
  if (good + bad === 0) return raw(bars);
  const words = `${dayOf(at)}: ${day.succeeded} succeeded, ${day.failed} failed`;
  return html`<a href="${runsUrl(slug, `day:${dayOf(at)}`)}" tabindex="-1" aria-label="${words}">
    <title>${words}</title>
    ${raw(rect("day", { x, y: 0, width: STRIDE, height: HEIGHT }) + bars)}</a
  >`;
}

function daysTable(slug: string, days: readonly DayOfRuns[]): Html {
  return html`<table>
    ${tableHead("Day (UTC)", "Succeeded", "Failed")}
    <tbody>
      ${days
        .filter((day) => day.succeeded + day.failed > 0)
        .toReversed()
        .map(
          (day) =>
            html`<tr>
              <th scope="row">
                <a href="${runsUrl(slug, `day:${dayOf(day.at)}`)}">${dayOf(day.at)}</a>
              </th>
              <td class="figure">${day.succeeded}</td>
              <td class="figure">${day.failed}</td>
            </tr>`,
        )}
    </tbody>
  </table>`;
}

function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/** `30 Nov`. */
function dateWords(at: number): string {
  const date = new Date(at);
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}`;
}

function rect(
  name: string,
  place: { x: number; y: number; width: number; height: number },
): string {
  if (place.height <= 0) return "";
  const attributes = Object.entries(place).map(
    ([key, at]) => `${key}="${Math.round(at * 10) / 10}"`,
  );
  return `<rect class="${name}" ${attributes.join(" ")}/>`;
}
