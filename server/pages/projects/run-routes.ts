import type { Context, Hono } from "hono";
import { ApiError } from "../../../protocol/deferred-error.ts";
import { pagePaths } from "../../../protocol/paths.ts";
import type { Access } from "../../accounts/access.ts";
import type { Reading } from "../../commands/reading/reading.ts";
import { slugOf } from "../../projects/slug.ts";
import { followRuns, whileReadable, type FollowDeps } from "../../runs/follow.ts";
import { cursorOf } from "../../runs/route-queries.ts";
import { sse, type StreamAdmission } from "../../runs/stream.ts";
import { liveScript } from "../assets.ts";
import { commitPage } from "./commit.ts";
import { liveEncoder } from "./live.ts";
import { pageOf } from "./paging.ts";
import { runPage } from "./run.ts";
import { runsPage } from "./runs.ts";
import { trailOf, type ServePage } from "./serve-page.ts";

export interface RunPagesDeps {
  reading: Pick<Reading, "runs" | "run" | "liveRun" | "commit">;
  access: Access;
  /** Follows open runs and limits the streams of their readers. */
  following: FollowDeps;
  streamAdmission: StreamAdmission;
}

/** A project's runs and commits, and the stream that keeps a run's page up to date. */
export function addRunPages(app: Hono, page: ServePage, deps: RunPagesDeps): void {
  const { reading, access } = deps;
  const below = pagePaths.project(":owner/:name");

  const runs = (c: Context, slug: string, commit?: string) =>
    pageOf(
      (limit) => reading.runs(slug, { commit, before: c.req.query("before"), limit }),
      ({ id }) => id,
    );

  page(`${below}/runs`, async (c, { project: { slug }, now }) => ({
    title: `Runs of ${slug}`,
    here: "Runs",
    description: `All runs of ${slug}.`,
    above: [trailOf(slug)],
    main: runsPage(slug, await runs(c, slug), now),
  }));

  page(`${below}/commits/:sha`, async (c, { project: { slug }, now }) => {
    const commit = await reading.commit(slug, c.req.param("sha") ?? "");
    if (!commit) return undefined;
    const { sha } = commit;
    return {
      title: `${sha.slice(0, 8)} of ${slug}`,
      here: `Commit ${sha.slice(0, 8)}`,
      description: `What was run at commit ${sha.slice(0, 8)} of ${slug}.`,
      above: [trailOf(slug)],
      main: commitPage({ slug, commit, runs: await runs(c, slug, sha), now }),
    };
  });

  page(`${below}/runs/:id`, async (c, { project: { slug }, now }) => {
    const run = await reading.run(slug, c.req.param("id") ?? "");
    if (!run) return undefined;
    return {
      title: `${run.row.title} · ${slug}`,
      here: "Run",
      description: `A run of ${slug}, with its steps and what they printed.`,
      above: [trailOf(slug), [pagePaths.runs(slug), "Runs"]],
      scripts: [run.row.ended_at === null ? liveScript.path : undefined],
      main: runPage(slug, run, { now, log: c.req.query("log") !== "none" }),
    };
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
