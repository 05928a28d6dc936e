import { html } from "hono/html";
import { pagePaths } from "../../../protocol/paths.ts";
import { duration } from "../../../protocol/words.ts";
import { trendOf, type BranchRun } from "../../commands/reading/branch.ts";
import type { DayOfRuns } from "../../commands/reading/days.ts";
import type { Html } from "../layout.ts";
import { stateIcon } from "./marks.ts";
import { runsUrl } from "./runs-table.ts";
import { sparkline } from "./spark.ts";

/** The newest runs of the default branch that its state, its streak and its median are read from. */
export const SUMMARY_RUNS = 200;
const SPARK_RUNS = 40;

export interface ProjectSummary {
  slug: string;
  branch: string;
  /** Of the default branch, newest first. */
  runs: readonly BranchRun[];
  days: readonly DayOfRuns[];
  now: number;
}

/** `main: passing for 3 d, median 2 min 10 s · 83 % of 4,935 runs in 30 days succeeded`. */
export function projectSummary({ slug, branch, runs, days, now }: ProjectSummary): Html | "" {
  const trend = trendOf(runs);
  const [last] = runs;
  if (!trend || !last) return "";
  const { isPassing, since, isLonger, medianS } = trend;
  const length = isLonger ? `for its last ${runs.length} runs` : `for ${spanWords(now - since)}`;
  return html`<div class="summary-line">
    <p>
      <a class="state" href="${pagePaths.run(slug, last.id)}">
        ${stateIcon(isPassing ? "succeeded" : last.state)}
        <span
          ><strong>${branch}: ${isPassing ? "passing" : "failing"}</strong>
          ${runs.length === 1 ? "" : length}</span
        >
      </a>
      ${medianS === undefined ? "" : html`<span>median ${duration(medianS)}</span>`}
      ${rateOf(slug, days)}
    </p>
    ${sparkline(runs, SPARK_RUNS)}
  </div>`;
}

function rateOf(slug: string, days: readonly DayOfRuns[]): Html | "" {
  const [good, bad] = [sumOf(days, "succeeded"), sumOf(days, "failed")];
  const all = good + bad;
  if (all === 0) return "";
  return html`<a href="${runsUrl(slug, "kind:command state:ended")}"
    >${percentOf(good, all)} of ${all.toLocaleString("en")} ${all === 1 ? "run" : "runs"} in
    ${days.length} days succeeded</a
  >`;
}

function sumOf(days: readonly DayOfRuns[], of: "succeeded" | "failed"): number {
  return days.reduce((sum, day) => sum + day[of], 0);
}

/** Rounds towards failure: 100 % only where all went well. */
export function percentOf(good: number, all: number): string {
  return `${Math.floor((good / all) * 100)} %`;
}

/** `3 days`, `5 h`: without seconds, because a page stays open. */
function spanWords(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 60) return "less than a minute";
  const days = Math.floor(seconds / 86_400);
  if (days > 0) return days === 1 ? "1 day" : `${days} days`;
  return seconds < 3600 ? `${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 3600)} h`;
}
