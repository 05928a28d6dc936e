import type { Hono } from "hono";
import { ApiError } from "../../../protocol/deferred-error.ts";
import { pagePaths } from "../../../protocol/paths.ts";
import type { Access } from "../../accounts/access.ts";
import type { Reading } from "../../commands/reading/reading.ts";
import { slugOf } from "../../projects/slug.ts";
import { followRuns, whileReadable, type FollowDeps } from "../../runs/follow.ts";
import { cursorOf } from "../../runs/route-queries.ts";
import { sse, type StreamAdmission } from "../../runs/stream.ts";
import { readFilter } from "../../commands/list-queries.ts";
import { clocksScript, followScript, liveScript, logScript } from "../assets.ts";
import { runActions } from "./actions/run-actions.ts";
import { commitPage } from "./commit.ts";
import { liveEncoder } from "./live.ts";
import { PAGE_ROWS, pageOf } from "./paging.ts";
import { MAX_SEARCH } from "./log-search.ts";
import { logText } from "./log-text.ts";
import { runPage } from "./run.ts";
import { runsPage } from "./runs.ts";
import { trailOf, type ServePage } from "./serve-page.ts";

/** Scripts of a run that is under way. */
const LIVE_SCRIPTS = [followScript.path, clocksScript.path, liveScript.path];

export interface RunPagesDeps {
  reading: Pick<Reading, "runs" | "runsPage" | "run" | "liveRun" | "commit" | "commitBefore">;
  access: Access;
  /** Follows open runs and limits the streams of their readers. */
  following: FollowDeps;
  streamAdmission: StreamAdmission;
}

/** A project's runs and commits, and the stream that keeps a run's page up to date. */
export function addRunPages(app: Hono, page: ServePage, deps: RunPagesDeps): void {
  const { reading, access } = deps;
  const below = pagePaths.project(":owner/:name");

  page(`${below}/runs`, async (c, { project: { slug }, may, now }) => {
    const { q: filter = "", before, after, oldest } = c.req.query();
    const parsed = readFilter(filter, may("read"));
    const cursors = { before, after, oldest: oldest !== undefined };
    return {
      title: `Runs of ${slug}`,
      here: "Runs",
      description: `All runs of ${slug}.`,
      tab: "runs",
      above: [trailOf(slug)],
      main: runsPage({
        slug,
        filter,
        problem: parsed.problem,
        page:
          parsed.terms &&
          (await reading.runsPage(slug, { terms: parsed.terms, ...cursors, rows: PAGE_ROWS })),
        now,
      }),
      ...(parsed.problem !== undefined && { status: 422 as const }),
    };
  });

  page(`${below}/commits/:sha`, async (c, { project: { slug, repository }, now }) => {
    const commit = await reading.commit(slug, c.req.param("sha") ?? "");
    if (!commit) return undefined;
    const { sha } = commit;
    const runs = await pageOf(
      (limit) => reading.runs(slug, { commits: [sha], before: c.req.query("before"), limit }),
      ({ id }) => id,
    );
    return {
      title: `${sha.slice(0, 8)} of ${slug}`,
      here: `Commit ${sha.slice(0, 8)}`,
      description: `What was run at commit ${sha.slice(0, 8)} of ${slug}.`,
      tab: "runs",
      above: [trailOf(slug)],
      main: commitPage({
        slug,
        repository,
        commit,
        before: await reading.commitBefore(slug, commit),
        runs,
        now,
      }),
    };
  });

  page(`${below}/runs/:id`, async (c, { project: { slug }, may, now }) => {
    const { attempt, step, q = "", log } = c.req.query();
    const run = await reading.run(slug, c.req.param("id") ?? "", numberOf(attempt));
    if (!run || run.attempt > run.row.attempt) return undefined;
    const isLast = run.attempt === run.row.attempt;
    const search = q.trim().slice(0, MAX_SEARCH);
    const isLive = run.row.ended_at === null && isLast && search === "";
    return {
      title: `${run.row.title} · ${slug}`,
      here: "Run",
      description: `A run of ${slug}, with its steps and what they printed.`,
      tab: "runs",
      above: [trailOf(slug), [pagePaths.runs(slug), "Runs"]],
      scripts: [...(isLive ? LIVE_SCRIPTS : []), logScript.path],
      main: runPage(slug, run, {
        ...{ now, search, log: log !== "none", step: numberOf(step) },
        actions: isLast ? runActions(slug, run, may) : "",
      }),
    };
  });

  app.get(pagePaths.runLog(":owner/:name", ":id"), async (c) => {
    const slug = slugOf(c);
    await access.read(c, slug);
    const run = await reading.run(slug, c.req.param("id") ?? "", numberOf(c.req.query("attempt")));
    if (!run) throw new ApiError("run_not_found");
    c.header("cache-control", "no-store");
    return c.text(logText(run.events));
  });

  app.get(pagePaths.liveRun(":owner/:name", ":id"), async (c) => {
    const slug = slugOf(c);
    await access.read(c, slug);
    const after = cursorOf(c);
    const id = c.req.param("id") ?? "";
    const found = await reading.liveRun(slug, id, after);
    if (!found) throw new ApiError("run_not_found");
    // An `EventSource` reconnects after its stream ended; 204 tells it that there are no more events.
    if (found.over) return c.body(null, 204);
    const mayRead = () => access.read(c, slug).then(() => true);
    const batches = (signal: AbortSignal) =>
      whileReadable(followRuns(deps.following, new Map([[id, after]]), signal), mayRead);
    return sse(c, deps.streamAdmission, batches, liveEncoder(found.before));
  });
}

/** A number of an attempt or step; undefined for anything else. */
function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,4}$/.test(text) ? Number(text) : undefined;
}
