import { Hono, type Context } from "hono";
import { cors } from "hono/cors";
import { MAX_FOLLOWED_RUNS, MAX_RUN_BODY_BYTES, MAX_TOKEN_BYTES } from "../../protocol/sizes.ts";
import {
  LeaveRequestSchema,
  RunRequestSchema,
  WakeRequestSchema,
} from "../../protocol/requests.ts";
import type { RunEvent } from "../../protocol/events.ts";
import { paths } from "../../protocol/paths.ts";
import { bearer } from "../bearer.ts";
import { jsonBody } from "../json-body.ts";
import { ProblemError } from "../problem.ts";
import { followRuns, type FollowDeps } from "./follow.ts";
import type { Runs } from "./runs.ts";
import { encodeMany, encodeOne, encodeText, streamOf, type Encoder } from "./stream.ts";

export interface RunRoutesDeps extends FollowDeps {
  runs: Runs;
  wake: (block: string, origin: string | null) => Promise<"ready" | "waking" | "declined">;
}

/** The public calls: whoever has a block may run it, whoever knows a run's id may read it. */
export function runRoutes({ runs, wake, ...following }: RunRoutesDeps) {
  const app = new Hono();
  const anybody = cors({
    origin: "*",
    allowMethods: ["GET", "POST", "DELETE"],
    allowHeaders: ["Content-Type", "Idempotency-Key", "Last-Event-ID", "Authorization"],
    exposeHeaders: ["Retry-After", "Location"],
    maxAge: 86_400,
  });
  for (const path of [paths.runs, `${paths.runs}/*`, paths.events, paths.wake]) {
    app.use(path, anybody);
  }

  const follow = (cursors: ReadonlyMap<string, number>) => (signal: AbortSignal) =>
    followRuns(following, cursors, signal);

  app.post(paths.runs, async (c) => {
    const request = await jsonBody(c, RunRequestSchema, MAX_RUN_BODY_BYTES);
    const idempotencyKey = c.req.header("idempotency-key");
    if (idempotencyKey !== undefined && !/^[\x21-\x7e]{16,255}$/.test(idempotencyKey)) {
      throw new ProblemError("header_invalid", "Idempotency-Key: 16 to 255 printable characters.");
    }
    const origin = c.req.header("origin") ?? null;
    const { answer, finished } = await runs.create(request, { origin, idempotencyKey });
    c.header("location", paths.run(answer.id));
    if (wantsText(c)) return text(c, follow(new Map([[answer.id, 0]])));
    return c.json(answer, finished ? 200 : 202);
  });

  app.get(`${paths.runs}/:id`, async (c) => {
    const view = await runs.view(c.req.param("id"));
    if (wantsText(c)) return text(c, follow(new Map([[view.id, 0]])));
    return c.json(view, 200, { "cache-control": "no-store" });
  });

  app.get(`${paths.runs}/:id/events`, async (c) => {
    const [run] = await runs.findMany([c.req.param("id")]);
    if (!run) throw new ProblemError("run_not_found");
    const after = cursorOf(c);
    const cursors = new Map([[run.id, after]]);
    if (wantsText(c)) return text(c, follow(cursors));
    // An event source calls again after its stream ended; 204 tells it that nothing more comes.
    if (hasSeenAll(run, after)) return c.body(null, 204);
    return sse(c, follow(cursors), encodeOne);
  });

  app.get(paths.events, async (c) => {
    const wanted = cursorsOf(c);
    const known = await runs.findMany([...wanted.keys()]);
    if (known.length === 0) throw new ProblemError("run_not_found");
    if (known.every((run) => hasSeenAll(run, wanted.get(run.id)!))) return c.body(null, 204);
    const cursors = new Map(known.map((run) => [run.id, wanted.get(run.id)!]));
    return sse(c, follow(cursors), encodeMany(cursors));
  });

  app.get(`${paths.runs}/:id/result`, async (c) => {
    c.header("cache-control", "no-store");
    return c.redirect(await runs.resultUrl(c.req.param("id")), 302);
  });

  app.delete(`${paths.runs}/:id`, async (c) => {
    const token = bearer(c.req.header("authorization")) ?? (await cancelTokenOf(c));
    return c.json(await runs.leave(c.req.param("id"), token));
  });

  app.post(paths.wake, async (c) => {
    const { block } = await jsonBody(c, WakeRequestSchema, 2 * MAX_TOKEN_BYTES);
    return c.json({ state: await wake(block, c.req.header("origin") ?? null) });
  });

  return app;
}

async function cancelTokenOf(c: Context): Promise<string> {
  if (c.req.header("content-type") === undefined) {
    throw new ProblemError("cancel_token_wrong", "Send it as Authorization: Bearer …");
  }
  return (await jsonBody(c, LeaveRequestSchema, MAX_TOKEN_BYTES)).cancel_token;
}

type Batches = (signal: AbortSignal) => AsyncGenerator<RunEvent[]>;

function sse(c: Context, batches: Batches, encode: Encoder): Response {
  return stream(c, "text/event-stream", () => streamOf(batches, encode, "retry: 1000\n\n"));
}

function text(c: Context, batches: Batches): Response {
  return stream(c, "text/plain", () => streamOf(batches, encodeText));
}

function stream(c: Context, type: string, body: () => ReadableStream): Response {
  // Nobody would read or end the body of an answer to HEAD.
  return new Response(c.req.method === "HEAD" ? null : body(), {
    headers: {
      "content-type": `${type}; charset=utf-8`,
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      // A proxy that buffers would hold back what is to be seen as it comes.
      "x-accel-buffering": "no",
    },
  });
}

function wantsText(c: Context): boolean {
  return /^text\/plain\b/.test(c.req.header("accept") ?? "");
}

function hasSeenAll(run: { ended_at: number | null; last_event: number }, after: number): boolean {
  return run.ended_at !== null && after >= run.last_event;
}

/** The event after which a run is followed: what an event source says itself goes first. */
function cursorOf(c: Context): number {
  const header = c.req.header("last-event-id");
  const after = header || c.req.query("after") || "0";
  if (/^\d{1,9}$/.test(after)) return Number(after);
  throw header
    ? new ProblemError("header_invalid", "Last-Event-ID: the number of an event.")
    : new ProblemError("query_invalid", "after: the number of an event.");
}

/** The same for many runs: `<id>:<after>,…`, with `:0` left out at will. */
function cursorsOf(c: Context): Map<string, number> {
  const header = c.req.header("last-event-id");
  const refuse = (why: string) =>
    header
      ? new ProblemError("header_invalid", `Last-Event-ID: ${why}`)
      : new ProblemError("query_invalid", `runs: ${why}`);
  const cursors = new Map<string, number>();
  for (const part of (header || c.req.query("runs") || "").split(",")) {
    const match = /^([0-9a-z]{1,64})(?::(\d{1,9}))?$/.exec(part);
    if (!match) throw refuse("<id>:<after>, separated by commas.");
    cursors.set(match[1]!, Number(match[2] ?? 0));
  }
  if (cursors.size > MAX_FOLLOWED_RUNS) throw refuse(`${MAX_FOLLOWED_RUNS} at most.`);
  return cursors;
}
