import { runDocs as docs } from "./route-docs.ts";
import { Hono, type Context } from "hono";
import { cors } from "hono/cors";
import { MAX_RUN_BODY_BYTES, MAX_TOKEN_BYTES } from "../../protocol/sizes.ts";
import {
  LeaveRequestSchema,
  RunRequestSchema,
  WakeRequestSchema,
} from "../../protocol/requests.ts";
import { pagePaths, paths } from "../../protocol/paths.ts";
import type { Access } from "../accounts/access.ts";
import { bearer } from "../http/bearer.ts";
import type { CallerLimits } from "../http/limits/callers.ts";
import { jsonBody } from "../http/json-body.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import { detectCrawler } from "../http/requests/crawlers.ts";
import { prefersPage } from "../http/requests/prefers-page.ts";
import { sendDocument } from "./document.ts";
import { followRuns, whileReadable, type FollowDeps } from "./follow.ts";
import type { FoundRun } from "./lookup.ts";
import { cursorOf, cursorsOf, tokensOf } from "./route-queries.ts";
import type { Runs } from "./runs.ts";
import { encodeMany, encodeOne, encodeText, wantedText } from "./encode.ts";
import { reserveStream, sse, text, type StreamAdmission } from "./stream.ts";

export interface RunRoutesDeps extends FollowDeps {
  runs: Runs;
  access: Access;
  /** Admits followers. */
  streamAdmission: StreamAdmission;
  /** Throw where the caller asks for runs, or reads stored results, too often. */
  callers: Pick<CallerLimits, "countRequest" | "countRead">;
  wake: (block: string, origin: string | null) => Promise<"ready" | "waking" | "declined">;
}

/**
 * The public calls. Every holder of a block may run it, and every holder of a run's id may read the run. A
 * project's own command runs are readable only by the project's readers. Answers to other origins never
 * allow credentials, so a page elsewhere can't use a reader's cookie.
 */
export function runRoutes({
  runs,
  access,
  wake,
  streamAdmission,
  callers,
  ...following
}: RunRoutesDeps) {
  const app = new Hono();
  allowAnyOrigin(app);

  const follow = (cursors: ReadonlyMap<string, number>) => (signal: AbortSignal) =>
    followRuns(following, cursors, signal);

  /** The same while the caller may read them: sessions end, and projects stop being public. */
  function followReadable(c: Context, found: readonly FoundRun[], cursors: Map<string, number>) {
    const own = found.filter(({ kind }) => kind === "command").map(({ id }) => id);
    // Runs of blocks are public: no check is repeated, which makes many readers cheaper.
    if (own.length === 0) return follow(cursors);
    const mayRead = async () => (await readable(c, own)).length === own.length;
    return (signal: AbortSignal) => whileReadable(follow(cursors)(signal), mayRead);
  }

  /** The runs of `ids` that the caller may read. Throws where there are none. */
  async function readable(c: Context, ids: readonly string[]): Promise<FoundRun[]> {
    const found = await runs.findMany(ids);
    const own = new Set(found.filter((run) => run.kind === "command").map((run) => run.project));
    const refusals = new Map<string, unknown>();
    for (const project of own) {
      await access.read(c, project).catch((error: unknown) => refusals.set(project, error));
    }
    const open = found.filter((run) => run.kind === "block" || !refusals.has(run.project));
    const [refusal] = refusals.values();
    if (open.length === 0) throw refusal ? asUnknown(refusal) : await runs.missing(ids[0]!);
    return open;
  }
  const readableOne = async (c: Context) => (await readable(c, [c.req.param("id")!]))[0]!;

  /** The header that marks the request as automatic. A known token overrides it. */
  const crawlerHeader = async (c: Context) => {
    const header = detectCrawler(c);
    return header === undefined || (await access.isKnown(c)) ? undefined : header;
  };

  app.post(paths.runs, docs.create, async (c) => {
    callers.countRequest(c);
    const request = await jsonBody(c, RunRequestSchema, MAX_RUN_BODY_BYTES);
    const idempotencyKey = idempotencyKeyOf(c);
    const origin = c.req.header("origin") ?? null;
    const from = { origin, idempotencyKey, crawlerHeader: await crawlerHeader(c) };
    const asText = wantedText(c);
    const reserved = asText && reserveStream(c, streamAdmission);
    const { answer, finished } = await runs.create(request, from).catch(reserved?.refused);
    c.header("location", paths.run(answer.id));
    if (!reserved) return c.json(answer, finished ? 200 : 202);
    return text(c, reserved, follow(new Map([[answer.id, 0]])), encodeText(asText));
  });

  app.get(`${paths.runs}/:id`, docs.read, async (c) => {
    const run = await readableOne(c);
    const cursors = new Map([[run.id, 0]]);
    const asText = wantedText(c);
    c.header("vary", "Accept");
    if (prefersPage(c)) return c.redirect(pageOf(run), 303);
    if (asText)
      return text(c, streamAdmission, followReadable(c, [run], cursors), encodeText(asText));
    return c.json(await runs.view(run.id), 200, { "cache-control": "no-store" });
  });

  app.get(`${paths.runs}/:id/events`, docs.follow, async (c) => {
    const run = await readableOne(c);
    const after = cursorOf(c);
    const cursors = new Map([[run.id, after]]);
    const events = followReadable(c, [run], cursors);
    const asText = wantedText(c);
    if (asText) return text(c, streamAdmission, events, encodeText(asText));
    // An `EventSource` reconnects after its stream ended; 204 tells it that there are no more events.
    if (hasSeenAll(run, after)) return c.body(null, 204);
    return sse(c, streamAdmission, events, encodeOne);
  });

  app.get(paths.events, docs.followMany, async (c) => {
    const wanted = cursorsOf(c);
    const known = await readable(c, [...wanted.keys()]);
    if (known.every((run) => hasSeenAll(run, wanted.get(run.id)!))) return c.body(null, 204);
    const cursors = new Map(known.map((run) => [run.id, wanted.get(run.id)!]));
    return sse(c, streamAdmission, followReadable(c, known, cursors), encodeMany(cursors));
  });

  app.get(paths.results, docs.stored, async (c) => {
    callers.countRead(c);
    const tokens = tokensOf(c);
    c.header("cache-control", "no-store");
    return c.json({ results: await runs.storedResults(tokens, c.req.header("origin") ?? null) });
  });

  app.get(`${paths.runs}/:id/result`, docs.result, async (c) => {
    c.header("cache-control", "no-store");
    c.header("vary", "Accept");
    const run = await readableOne(c);
    if (prefersPage(c)) return c.redirect(pageOf(run), 303);
    const address = await runs.resultUrl(run.id);
    // Storage of this server would send a browser back to the page.
    const asked = run.kind === "block" && c.req.query("format") === "json";
    return c.redirect(asked ? `${address}?format=json` : address, 302);
  });

  app.get(`${paths.runs}/:id/artifacts/:attempt/:name{.+}`, docs.artifact, async (c) => {
    const { id } = await readableOne(c);
    c.header("cache-control", "no-store");
    const attempt = Number(c.req.param("attempt"));
    return c.redirect(await runs.artifactUrl(id, attempt, c.req.param("name")), 302);
  });

  app.get(`${paths.runs}/:id/document`, docs.document, async (c) => {
    const { id } = await readableOne(c);
    return sendDocument(c, await runs.openDocument(id));
  });

  app.delete(`${paths.runs}/:id`, docs.leave, async (c) => {
    const id = c.req.param("id");
    const [run] = await runs.findMany([id]);
    if (run?.kind === "command") {
      const actor = await access.act(c, run.project, "run").catch((error: unknown) => {
        throw asUnknown(error);
      });
      return c.json(await runs.cancel(id, actor));
    }
    const token = bearer(c.req.header("authorization")) ?? (await cancelTokenOf(c));
    return c.json(await runs.removeCaller(id, token));
  });

  app.post(paths.wake, docs.wake, async (c) => {
    callers.countRequest(c);
    const { block } = await jsonBody(c, WakeRequestSchema, 2 * MAX_TOKEN_BYTES);
    if (await crawlerHeader(c)) return c.json({ state: "declined" });
    return c.json({ state: await wake(block, c.req.header("origin") ?? null) });
  });

  return app;
}

function pageOf({ id, kind, project }: FoundRun): string {
  return kind === "block" ? pagePaths.blockRun(id) : pagePaths.run(project, id);
}

/** Lets pages of every origin run blocks: no answer allows credentials. */
function allowAnyOrigin(app: Hono): void {
  const anyOrigin = cors({
    origin: "*",
    allowMethods: ["GET", "POST", "DELETE"],
    allowHeaders: ["Content-Type", "Idempotency-Key", "Last-Event-ID", "Authorization"],
    exposeHeaders: ["Retry-After", "Location"],
    maxAge: 86_400,
  });
  for (const path of [paths.runs, `${paths.runs}/*`, paths.events, paths.results, paths.wake]) {
    app.use(path, anyOrigin);
  }
}

async function cancelTokenOf(c: Context): Promise<string> {
  if (c.req.header("content-type") === undefined) {
    throw new ApiError("cancel_token_wrong", "Send it as Authorization: Bearer …");
  }
  return (await jsonBody(c, LeaveRequestSchema, MAX_TOKEN_BYTES)).cancel_token;
}

/** Hides that the project exists: its runs are not found either. */
function asUnknown(error: unknown): unknown {
  const hidden = error instanceof ApiError && error.code === "project_not_found";
  return hidden ? new ApiError("run_not_found") : error;
}

/** The request's idempotency key. Throws `header_invalid`. */
export function idempotencyKeyOf(c: Context): string | undefined {
  const key = c.req.header("idempotency-key");
  if (key !== undefined && !/^[\x21-\x7e]{16,255}$/.test(key)) {
    throw new ApiError("header_invalid", "Idempotency-Key: 16 to 255 printable characters.");
  }
  return key;
}

function hasSeenAll(run: { ended_at: number | null; last_event: number }, after: number): boolean {
  return run.ended_at !== null && after >= run.last_event;
}
