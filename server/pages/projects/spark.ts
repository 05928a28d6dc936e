import { html, raw } from "hono/html";
import type { BranchRun } from "../../commands/reading/branch.ts";
import type { Html } from "../layout.ts";

const HEIGHT = 20;
const WIDTH = 4;
const STRIDE = 5;

/** The last runs of a branch as columns, oldest first: as high as they took long, hollow where they failed. */
export function sparkline(runs: readonly BranchRun[], of: number): Html | "" {
  if (runs.length === 0) return "";
  const shown = runs.slice(0, of).toReversed();
  const longest = Math.max(1, ...shown.map(({ ran_ms }) => ran_ms ?? 0));
  const good = shown.filter(({ state }) => state === "succeeded").length;
  const columns = shown
    .map(({ state, ran_ms }, index) => {
      const height = Math.max(4, Math.round(((ran_ms ?? 0) / longest) * HEIGHT));
      const x = (of - shown.length + index) * STRIDE;
      return state === "succeeded"
        ? `<path class="good" d="M${x} ${HEIGHT}v-${height}h${WIDTH}v${height}z"/>`
        : `<path class="bad" d="M${x + 0.75} ${HEIGHT - 0.75}v-${height - 1.5}h${WIDTH - 1.5}v${height - 1.5}z"/>`;
    })
    .join("");
  const words = `${good} of the last ${shown.length} runs succeeded`;
  return html`<svg
    class="spark"
    viewBox="0 0 ${of * STRIDE} ${HEIGHT}"
    width="${of * STRIDE}"
    height="${HEIGHT}"
    role="img"
    aria-label="${words}"
  >
    <title>${words}</title>
    ${raw(columns)}
  </svg>`;
}
