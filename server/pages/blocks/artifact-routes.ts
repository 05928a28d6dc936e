import { html } from "hono/html";
import type { Context, Hono } from "hono";
import { ApiError } from "../../../protocol/deferred-error.ts";
import type { RunView } from "../../../protocol/run.ts";
import { followRuns, type FollowDeps } from "../../runs/follow.ts";
import type { Runs } from "../../runs/runs.ts";
import type { StreamAdmission } from "../../runs/stream.ts";
import { readInputs } from "./inputs.ts";
import { outputLog, readOutput } from "./output-lines.ts";
import { blockDocs } from "./route-docs.ts";
import { refresh, runStatus } from "./run-page.ts";
import type { BlockContent, ServeBlock } from "./serve-block.ts";
import type { ClaimedBlock } from "./shown-block.ts";
import type { StartRun } from "./start-run.ts";

export interface ArtifactRouteDeps {
  runs: Pick<Runs, "view">;
  following: FollowDeps;
  streamAdmission: StreamAdmission;
  startRun: StartRun;
  /** Throws unless the run is one of the block's. */
  checkRunOf: (block: ClaimedBlock, run: string) => Promise<void>;
  now: () => number;
}

/** How long a program waits for one answer: many proxies end a silent connection after a minute. */
const WAIT_MS = 50_000;
/** The query that names a run which was started already. No input has such a name. */
const RUN = "_run";
/** Parameters that mail programs and networks add to every link. */
const TRACKING = /^(?:utm_\w+|fbclid|gclid|mc_[ce]id)$/;

/**
 * A lasting link to a file that the block makes: it runs the block, unless a stored result has the file, and leads to
 * the file. A browser gets a page that waits; a program waits, and is sent to the same address until the run has ended.
 */
export function addArtifactRoute(
  app: Hono,
  base: string,
  page: ServeBlock,
  { runs, following, streamAdmission, startRun, checkRunOf, now }: ArtifactRouteDeps,
): void {
  app.get(
    `${base}/artifacts/:artifact{.+}`,
    blockDocs.artifact,
    page(async (c, block) => {
      const name = c.req.param("artifact") ?? "";
      const query = new URL(c.req.url).searchParams;
      const isBrowser = c.req.header("accept")?.includes("text/html") === true;
      const isHead = c.req.method === "HEAD";
      const find = isBrowser || isHead ? findRun : awaitRun;
      const run = await find(c, block, query);
      if (!run.ending && isHead) {
        throw new ApiError("run_not_finished", `It is ${run.state}.`, { retryAfterS: 2 });
      }
      const file = run.state === "succeeded" && fileOf(run, name);
      if (file) return c.redirect(file.url, 303);
      if (!run.ending && (!isBrowser || !query.has(RUN)))
        return c.redirect(waitingAt(block, new URL(c.req.url), run.id), 303);
      if (isBrowser) return waitingPage(block, name, run, query);
      throw new ApiError("file_not_found", whyNone(run, name));
    }),
  );

  async function start(c: Context, block: ClaimedBlock, query: URLSearchParams): Promise<string> {
    refuseHotLink(c, block);
    const marks = [...query.keys()].filter((name) => TRACKING.test(name));
    const inputs = readInputs(block.claims.inputs, query, marks);
    return (await startRun(c, block, inputs)).id;
  }

  /** The run that the query names; without one, starts it. */
  async function findRun(c: Context, block: ClaimedBlock, query: URLSearchParams) {
    const id = query.get(RUN) ?? (await start(c, block, query));
    await checkRunOf(block, id);
    return runs.view(id);
  }

  /** The same once it has ended, or after `WAIT_MS`. */
  async function awaitRun(c: Context, block: ClaimedBlock, query: URLSearchParams) {
    // Before the run is made: a refused caller repeats its request, and would get a second run.
    const leave = streamAdmission.enter(c);
    try {
      const run = await findRun(c, block, query);
      if (run.ending) return run;
      const signals = [AbortSignal.timeout(WAIT_MS), c.req.raw.signal, streamAdmission.closing];
      // New events alone: reading the log again would cost as much as the program has printed.
      const cursors = new Map([[run.id, Number.POSITIVE_INFINITY]]);
      const events = followRuns(following, cursors, AbortSignal.any(signals));
      for await (const batch of events) if (batch.at(-1)?.type === "ended") break;
      return await runs.view(run.id);
    } finally {
      leave();
    }
  }

  async function waitingPage(
    block: ClaimedBlock,
    name: string,
    run: RunView,
    query: URLSearchParams,
  ) {
    const output = run.ending && (await readOutput(run.id, following.readLog));
    const main = html`<h1 class="title">${name}</h1>
      <p class="lead">
        ${run.ending ? whyNone(run, name) : `“${block.title}” makes this file now.`}
      </p>
      ${runStatus(run, now())} ${output ? outputLog(output) : ""}
      ${run.ending ? html`<p class="actions"><a href="?${withoutRun(query).toString()}">Try again</a></p>` : ""}
      <p class="actions"><a href="${block.path}">About the block</a></p>`;
    const content: BlockContent = run.ending ? { main, status: 404 } : { main, head: refresh };
    return content;
  }
}

function fileOf({ ending }: RunView, name: string) {
  return ending?.artifacts.find((artifact) => artifact.name === name);
}

function whyNone({ state, ending }: RunView, name: string): string {
  if (state !== "succeeded") {
    return `The run that makes ${name} did not succeed: it is ${state}. ${ending?.reason?.message ?? ""}`.trim();
  }
  const others = ending?.artifacts.map((artifact) => artifact.name) ?? [];
  return `The block left no file ${name}; it left ${others.join(", ") || "none"}.`;
}

function waitingAt({ path, ownPath = path }: ClaimedBlock, asked: URL, run: string): string {
  const query = withoutRun(asked.searchParams);
  query.append(RUN, run);
  const below = asked.pathname.slice(path.length);
  return `${ownPath === path ? "" : ownPath + below}?${query}`;
}

function withoutRun(query: URLSearchParams): URLSearchParams {
  return new URLSearchParams([...query].filter(([name]) => name !== RUN));
}

/** A picture or a frame on another site would run a block that names the origins that may. A link may. */
function refuseHotLink(c: Context, { claims }: ClaimedBlock): void {
  const isLink = c.req.header("sec-fetch-mode") === "navigate";
  const isOwn = c.req.header("sec-fetch-site") !== "cross-site";
  const isFrame = c.req.header("sec-fetch-dest") === "iframe";
  if (claims.origins === undefined || isOwn || (isLink && !isFrame)) return;
  throw new ApiError("origin_refused", "Link to the file instead of showing it.");
}
