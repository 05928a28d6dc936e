import { html, raw } from "hono/html";
import type { Html } from "../layout.ts";
import type { DayOfRuns } from "../../commands/reading/days.ts";

const HEIGHT = 48;
const STRIDE = 20;
const WIDTH = 14;

/** Runs a day as small columns, with the figures in a table behind. */
export function daysFigure(days: readonly DayOfRuns[]): Html {
  const most = Math.max(...days.map(({ succeeded, failed }) => succeeded + failed));
  const total = days.reduce((sum, { succeeded, failed }) => sum + succeeded + failed, 0);
  const failed = days.reduce((sum, day) => sum + day.failed, 0);
  const height = (runs: number) => (runs === 0 ? 0 : Math.max(4, (runs / most) * (HEIGHT - 2)));
  const columns = days
    .map((day, index) => {
      const x = index * STRIDE;
      const [good, bad] = [height(day.succeeded), height(day.failed)];
      const floor = HEIGHT + 4;
      return (
        rect("none", { x, y: floor + 2, width: WIDTH, height: 1 }) +
        rect("succeeded", { x, y: floor - good, width: WIDTH, height: good }) +
        // Failed runs are hollow, on top: they differ in shape, not only in colour.
        rect("failed", { x: x + 1, y: floor - good - bad, width: WIDTH - 2, height: bad - 2 })
      );
    })
    .join("");
  const words = `${total} ${total === 1 ? "run" : "runs"} in ${days.length} days, ${failed} of them failed`;
  return html`<figure class="days">
    <svg
      viewBox="0 0 ${days.length * STRIDE - STRIDE + WIDTH} ${HEIGHT + 8}"
      role="img"
      aria-label="${words}"
    >
      ${raw(columns)}
    </svg>
    <details>
      <summary>${words}</summary>
      <table>
        <thead>
          <tr>
            <th scope="col">Day (UTC)</th>
            <th scope="col">Succeeded</th>
            <th scope="col">Failed</th>
          </tr>
        </thead>
        <tbody>
          ${days
            .filter((day) => day.succeeded + day.failed > 0)
            .toReversed()
            .map(
              (day) =>
                html`<tr>
                  <th scope="row">${new Date(day.at).toISOString().slice(0, 10)}</th>
                  <td class="figure">${day.succeeded}</td>
                  <td class="figure">${day.failed}</td>
                </tr>`,
            )}
        </tbody>
      </table>
    </details>
  </figure>`;
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
