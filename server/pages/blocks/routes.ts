import { Hono, type Context, type MiddlewareHandler } from "hono";
import { tokenDigest } from "../../../blocks/digest.ts";
import { ApiError } from "../../../protocol/deferred-error.ts";
import { bodyBytes } from "../../http/bodies/read.ts";
import type { RunsPart } from "../../runs/index.ts";
import type { StreamAdmission } from "../../runs/stream.ts";
import { readInputs } from "./inputs.ts";
import { readOutput } from "./output-lines.ts";
import { addArtifactRoute } from "./artifact-routes.ts";
import { addElsewhereRoutes, type ElsewhereDeps } from "./elsewhere-routes.ts";
import { linkTags } from "./link-tags.ts";
import { blockPage } from "./page.ts";
import { blockRunPage, refresh } from "./run-page.ts";
import { blockDocs } from "./route-docs.ts";
import { createServeBlock, type ServeBlockDeps } from "./serve-block.ts";
import type { ClaimedBlock, ShownBlock } from "./shown-block.ts";
import type { StartRun } from "./start-run.ts";
import { isTerminalCall, printBlock } from "./terminal.ts";

export interface BlockPagesDeps extends ServeBlockDeps, ElsewhereDeps {
  runs: RunsPart;
  streamAdmission: StreamAdmission;
  startRun: StartRun;
  /** Security headers of the server's own pages. */
  headers: MiddlewareHandler;
  now: () => number;
}

/** The values of all inputs at their longest, each byte as three characters. */
const MAX_FORM_BYTES = 128 * 1024;

/**
 * The pages of blocks at `base`: the page itself, which prints the output in a terminal, and runs without scripts.
 * `find` throws the `ApiError` that tells why there is no such block.
 */
export function blockPages(
  base: string,
  find: (c: Context) => Promise<ShownBlock>,
  deps: BlockPagesDeps,
): Hono {
  const { findLastShown, startRun, streamAdmission, url, now } = deps;
  const { runs, readLog, following } = deps.runs;
  const page = createServeBlock(find, deps);
  const app = new Hono();

  app.get(base, blockDocs.print, async (c, next) => {
    c.header("vary", "Accept, User-Agent");
    if (!isTerminalCall(c)) return next();
    return printBlock(c, () => find(c), { following, streamAdmission, startRun });
  });
  app.use(base, deps.headers);
  app.use(`${base}/runs/*`, deps.headers);
  app.use(`${base}/artifacts/*`, deps.headers);

  app.get(
    base,
    page(async (_c, block) => {
      const last = await findLastShown(block.token);
      const main = blockPage(block, { last, url, now: now() });
      return { scripts: [deps.script], head: linkTags(block, url), main };
    }),
  );

  app.post(
    base,
    page(async (c, block) => {
      refuseOtherSite(c, url);
      const inputs = readInputs(block.claims.inputs, await readForm(c));
      const { id } = await startRun(c, block, inputs);
      return c.redirect(`${block.ownPath ?? block.path}/runs/${id}`, 303);
    }),
  );

  app.get(
    `${base}/runs/:run`,
    page(async (c, block) => {
      const id = c.req.param("run") ?? "";
      await checkRunOf(block, id);
      const view = await runs.view(id);
      const main = blockRunPage(block, view, await readOutput(id, readLog), now());
      return view.ending ? { main } : { main, head: refresh };
    }),
  );

  const waiting = { runs, following, streamAdmission, startRun, checkRunOf, now };
  addArtifactRoute(app, base, page, waiting);
  addElsewhereRoutes(app, base, find, deps);
  return app;

  /** Throws `run_not_found` unless the run is one of the block's. */
  async function checkRunOf({ token }: ClaimedBlock, id: string): Promise<void> {
    const run = await runs.find(id);
    const isOwn = run.kind === "block" && run.block_digest === tokenDigest(token);
    if (!isOwn) throw new ApiError("run_not_found");
  }
}

async function readForm(c: Context): Promise<URLSearchParams> {
  const type = c.req.header("content-type")?.split(";")[0];
  if (type !== "application/x-www-form-urlencoded") {
    throw new ApiError("content_type_unsupported", "It takes a form of its own page.");
  }
  const bytes = await bodyBytes(c, MAX_FORM_BYTES);
  return new URLSearchParams(Buffer.from(bytes).toString("utf8"));
}

/** Other sites run a block by its token, which names the origins that may. Only this server's page has the form. */
function refuseOtherSite(c: Context, url: string): void {
  const origin = c.req.header("origin");
  const isOwn = origin === undefined || URL.parse(origin)?.host === new URL(c.req.url).host;
  if (isOwn || origin === new URL(url).origin) return;
  throw new ApiError("origin_refused", "The form is on the block's page.");
}
