import { Hono, type Context } from "hono";
import { ApiError } from "../../../../protocol/deferred-error.ts";
import { pagePaths } from "../../../../protocol/paths.ts";
import type { Access } from "../../../accounts/access.ts";
import type { SignedIn } from "../../../accounts/sessions.ts";
import { fromJson } from "../../../database/json.ts";
import type { RegisteredBlocks } from "../../../projects/blocks/store.ts";
import { slugOf } from "../../../projects/slug.ts";
import { followRuns } from "../../../runs/follow.ts";
import type { RunsPart } from "../../../runs/index.ts";
import { cursorOf } from "../../../runs/route-queries.ts";
import { sse, type StreamAdmission } from "../../../runs/stream.ts";
import { clocksScript, liveScript } from "../../assets.ts";
import { notFoundPage } from "../../not-found.ts";
import { liveEncoder } from "../../projects/live.ts";
import { trailOf } from "../../projects/serve-page.ts";
import { shell } from "../../projects/shell.ts";
import { blocksStyle } from "../assets.ts";
import { refusedPage } from "../refused-page.ts";
import type { BlockPagesDeps } from "../routes.ts";
import { wholeRunPage } from "./page.ts";
import { readRunLog } from "./run-log.ts";

export interface BlockRunPagesDeps extends Pick<
  BlockPagesDeps,
  "headers" | "currentUser" | "version" | "now"
> {
  runs: RunsPart;
  blocks: Pick<RegisteredBlocks, "ofDigest">;
  access: Access;
  streamAdmission: StreamAdmission;
}

/** The page of a block's run, for everybody who knows the run's id, and the stream that keeps it up to date. */
export function blockRunPages(deps: BlockRunPagesDeps): Hono {
  const { blocks, access, currentUser, streamAdmission, version, now } = deps;
  const { runs, readLog, following } = deps.runs;
  const app = new Hono();
  app.use("/runs/*", deps.headers);

  const belongs = (c: Context, slug: string) =>
    access.belong(c, slug).then(
      () => true,
      (error: unknown) => {
        if (error instanceof ApiError) return false;
        throw error;
      },
    );

  app.get(pagePaths.blockRun(":id"), async (c) => {
    c.header("cache-control", "no-store");
    c.header("x-robots-tag", "noindex");
    const id = c.req.param("id") ?? "";
    const signedIn = await currentUser(c);
    const row = await runs.find(id).catch((error: unknown) => {
      if (error instanceof ApiError) return error;
      throw error;
    });
    if (row instanceof ApiError) return c.html(missing(row, { version, signedIn }), 404);
    const work = fromJson(row.work);
    if (work.kind === "command") return c.redirect(pagePaths.run(row.project, id), 302);
    const view = await runs.view(id);
    const isOwn = await belongs(c, row.project);
    const run = {
      row,
      work,
      view,
      log: await readRunLog(id, readLog),
      block: await blocks.ofDigest(row.block_digest),
      isOwn,
    };
    const title = row.title ?? work.runtime;
    const page = shell({
      title,
      here: "Run",
      description: `A run of a signed block of ${row.project}.`,
      ...(isOwn && { above: [trailOf(row.project), [pagePaths.runs(row.project), "Runs"]] }),
      style: blocksStyle.path,
      scripts: view.ending ? [] : [clocksScript.path, liveScript.path],
      signedIn,
      version,
      main: wholeRunPage(run, { now: now(), withLog: c.req.query("log") !== "none" }),
    });
    return c.html(page);
  });

  app.get(pagePaths.liveBlockRun(":id"), async (c) => {
    const id = c.req.param("id") ?? "";
    const row = await runs.find(id);
    if (row.kind !== "block") throw new ApiError("run_not_found");
    const after = cursorOf(c);
    // An `EventSource` reconnects after its stream ended; 204 tells it that there are no more events.
    if (row.ended_at !== null && after >= row.last_event) return c.body(null, 204);
    const { events } = await readRunLog(id, readLog, after);
    const batches = (signal: AbortSignal) => followRuns(following, new Map([[id, after]]), signal);
    return sse(c, streamAdmission, batches, liveEncoder(events));
  });

  // Lists of a project's runs lead to runs of both kinds below the project.
  app.get(pagePaths.run(":owner/:name", ":id"), async (c, next) => {
    const [run] = await runs.findMany([c.req.param("id") ?? ""]);
    if (run?.kind !== "block" || run.project !== slugOf(c)) return next();
    return c.redirect(pagePaths.blockRun(run.id), 302);
  });

  return app;
}

function missing({ code }: ApiError, options: { version: string; signedIn: SignedIn | undefined }) {
  if (code !== "run_expired") return notFoundPage(options);
  return refusedPage("This run’s time is over.", "Runs and results are kept for a while.", options);
}
