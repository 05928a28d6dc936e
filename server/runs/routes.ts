import { Hono, type Context } from "hono";
import { cors } from "hono/cors";
import { MAX_FOLLOWED_RUNS, MAX_RUN_BODY_BYTES, MAX_TOKEN_BYTES } from "../../protocol/sizes.ts";
import { RunRequestSchema, WakeRequestSchema } from "../../protocol/requests.ts";
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
    if (wantsText(c)) return text(streamOf(follow(new Map([[answer.id, 0]])), encodeText));
    return c.json(answer, finished ? 200 : 202);
  });

  app.get(`${paths.runs}/:id`, async (c) => {
    const view = await runs.view(c.req.param("id"));
    if (wantsText(c)) return text(streamOf(follow(new Map([[view.id, 0]])), encodeText));
    return c.json(view, 200, { "cache-control": "no-store" });
  });

  app.get(`${paths.runs}/:id/events`, async (c) => {
    const run = await runs.find(c.req.param("id"));
    const after = c.req.header("last-event-id") ?? c.req.query("after") ?? "0";
    const cursors = new Map([[run.id, cursor(after)]]);
    if (wantsText(c)) return text(streamOf(follow(cursors), encodeText));
    // An event source calls again after its stream ended; 204 tells it that nothing more comes.
    if (run.ended_at !== null && cursor(after) >= run.last_event) return c.body(null, 204);
    return sse(follow(cursors), encodeOne);
  });

  app.get(paths.events, async (c) => {
    const wanted = parseCursors(c.req.header("last-event-id") || c.req.query("runs"));
    const found = await Promise.all(
      [...wanted.keys()].map((id) => runs.find(id).catch(() => undefined)),
    );
    const known = found.filter((run) => run !== undefined);
    if (known.length === 0) throw new ProblemError("run_not_found");
    if (known.every((run) => run.ended_at !== null && wanted.get(run.id)! >= run.last_event)) {
      return c.body(null, 204);
    }
    const cursors = new Map(known.map((run) => [run.id, wanted.get(run.id)!]));
    return sse(follow(cursors), encodeMany(cursors));
  });

  app.get(`${paths.runs}/:id/result`, async (c) => {
    c.header("cache-control", "no-store");
    return c.redirect(await runs.resultUrl(c.req.param("id")), 302);
  });

  app.delete(`${paths.runs}/:id`, async (c) => {
    const token = bearer(c.req.header("authorization"));
    if (token === undefined) {
      throw new ProblemError("cancel_token_wrong", "Send it as Authorization: Bearer …");
    }
    return c.json(await runs.leave(c.req.param("id"), token));
  });

  app.post(paths.wake, async (c) => {
    const { block } = await jsonBody(c, WakeRequestSchema, 2 * MAX_TOKEN_BYTES);
    return c.json({ state: await wake(block, c.req.header("origin") ?? null) });
  });

  return app;
}

type Batches = (signal: AbortSignal) => AsyncGenerator<RunEvent[]>;

function sse(batches: Batches, encode: Encoder): Response {
  return new Response(streamOf(batches, encode, "retry: 1000\n\n"), {
    headers: {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store",
      // A proxy that buffers would hold the events back.
      "x-accel-buffering": "no",
    },
  });
}

function text(body: ReadableStream): Response {
  return new Response(body, {
    headers: {
      "content-type": "text/plain; charset=utf-8",
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      "x-accel-buffering": "no",
    },
  });
}

function wantsText(c: Context): boolean {
  return /^text\/plain\b/.test(c.req.header("accept") ?? "");
}

function cursor(text: string): number {
  if (!/^\d{1,9}$/.test(text)) {
    throw new ProblemError("header_invalid", "Last-Event-ID: the number of an event.");
  }
  return Number(text);
}

/** `<id>:<after>,…`, with `:0` left out at will. */
function parseCursors(list: string | undefined): Map<string, number> {
  const parts = (list ?? "").split(",");
  const cursors = new Map<string, number>();
  for (const part of parts) {
    const match = /^([0-9a-z]{1,64})(?::(\d{1,9}))?$/.exec(part);
    if (!match) throw new ProblemError("query_invalid", "runs: <id>:<after>, separated by commas.");
    cursors.set(match[1]!, Number(match[2] ?? 0));
  }
  if (cursors.size > MAX_FOLLOWED_RUNS) {
    throw new ProblemError("query_invalid", `runs: ${MAX_FOLLOWED_RUNS} at most.`);
  }
  return cursors;
}
