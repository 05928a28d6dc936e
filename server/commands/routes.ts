import { describeForOwner } from "../http/openapi/describe.ts";
import { Hono, type Context } from "hono";
import type { Actor } from "../../protocol/actors.ts";
import { paths } from "../../protocol/paths.ts";
import {
  CommandRequestSchema,
  CommitListSchema,
  CommitViewSchema,
  PoolAnswerSchema,
  RunAgainSchema,
  RunListSchema,
} from "../../protocol/projects.ts";
import { RunCreatedSchema } from "../../protocol/run.ts";
import type { Access } from "../accounts/access.ts";
import { jsonBody } from "../http/json-body.ts";
import { followRuns, type FollowDeps } from "../runs/follow.ts";
import { idempotencyKeyOf } from "../runs/routes.ts";
import { encodeText, wantedText } from "../runs/encode.ts";
import { reserveStream, text, type StreamAdmission } from "../runs/stream.ts";
import type { Commands } from "./commands.ts";
import type { ApiViews } from "./reading/api-views.ts";
import { limitOf, runQueryOf } from "./list-queries.ts";
import { projectPool, strangersPool } from "./pools.ts";

export interface CommandRoutesDeps extends FollowDeps {
  commands: Commands;
  views: ApiViews;
  access: Access;
  /** Starts and stops machines for a person; each call resolves with the pool's state. */
  fleet: {
    wake(pool: string, project: string, by?: Actor): Promise<unknown>;
    sleep(pools: readonly string[], by?: Actor): Promise<unknown>;
  };
  /** Admits followers. */
  streamAdmission: StreamAdmission;
}

/** A command, or the test request for an app. */
const MAX_BODY = 1024 * 1024;
const SLUG = ":owner/:name";

/** The runs, commits and machines of a project, for its readers and actors. */
export function commandRoutes({
  commands,
  views,
  access,
  fleet,
  streamAdmission,
  ...deps
}: CommandRoutesDeps) {
  const app = new Hono();
  const follow = (id: string) => (signal: AbortSignal) =>
    followRuns(deps, new Map([[id, 0]]), signal);

  app.post(paths.projectRuns(SLUG), docs.run, async (c) => {
    const slug = slugOf(c);
    const actor = await access.act(c, slug, "run");
    const request = await jsonBody(c, CommandRequestSchema, MAX_BODY);
    const key = idempotencyKeyOf(c);
    const asText = wantedText(c);
    const reserved = asText && reserveStream(c, streamAdmission);
    const answer = await commands.create(slug, request, key, actor).catch(reserved?.refused);
    c.header("location", paths.run(answer.id));
    if (!reserved) return c.json(answer, 202);
    return text(c, reserved, follow(answer.id), encodeText(asText));
  });

  app.post(paths.runAgain(SLUG, ":id"), docs.again, async (c) => {
    const slug = slugOf(c);
    const actor = await access.act(c, slug, "run");
    const { failed } = await jsonBody(c, RunAgainSchema, MAX_BODY);
    const again = { id: c.req.param("id") ?? "", failed };
    const answer = await commands.again(slug, again, idempotencyKeyOf(c), actor);
    c.header("location", paths.run(answer.id));
    return c.json(answer, 202);
  });

  app.get(paths.projectRuns(SLUG), docs.runs, async (c) => {
    const slug = slugOf(c);
    await access.read(c, slug);
    const query = await runQueryOf(c, access, slug);
    return c.json({ runs: await views.runs(slug, query) }, 200, FRESH);
  });

  app.get(paths.commits(SLUG), docs.commits, async (c) => {
    const slug = slugOf(c);
    await access.read(c, slug);
    const branch = c.req.query("branch");
    const ref = branch?.startsWith("refs/") ? branch : branch && `refs/heads/${branch}`;
    const filter = { ref, before: c.req.query("before"), limit: limitOf(c) };
    return c.json({ commits: await views.commits(slug, filter) }, 200, FRESH);
  });

  app.get(paths.commit(SLUG, ":sha"), docs.commit, async (c) => {
    const slug = slugOf(c);
    await access.read(c, slug);
    return c.json(await views.commit(slug, c.req.param("sha")!), 200, FRESH);
  });

  app.post(paths.projectWake(SLUG), docs.wake, async (c) => {
    const slug = slugOf(c);
    const by = await access.act(c, slug, "run");
    return c.json({ state: await fleet.wake(projectPool(slug), slug, by) });
  });

  app.post(paths.projectSleep(SLUG), docs.sleep, async (c) => {
    const slug = slugOf(c);
    const by = await access.act(c, slug, "run");
    return c.json({ state: await fleet.sleep([projectPool(slug), strangersPool(slug)], by) });
  });

  return app;
}

/** The answers may change at any moment, so caches must not store them. */
const FRESH = { "cache-control": "no-store" };

function slugOf(c: Context): string {
  return `${c.req.param("owner")}/${c.req.param("name")}`;
}

const page = { limit: "How many at most: 1 to 200; 50 unless given." };

const KEY = {
  "Idempotency-Key":
    "16 characters or more, kept for 24 hours: a repeated request gives the same run.",
};

const STARTING_ERRORS = [
  "project_queue_full",
  "queue_full",
  "header_invalid",
  "idempotency_key_reused",
] as const;

const docs = {
  runs: describeForOwner({
    summary: "List a project's runs",
    query: {
      q: "A filter as on the page of runs: `branch:main state:failed author:ada cause:schedule kind:block` and words of the title. See docs/projects.md.",
      state: "A run's state, or `open` for all that have not ended.",
      commit: "The full name of a commit.",
      before: "Only runs that are older than the one of this id.",
      ...page,
    },
    answers: { 200: ["Newest first.", RunListSchema] },
    errors: ["query_invalid"],
  }),
  run: describeForOwner({
    summary: "Run a command in a project",
    description:
      "A command of the caller's, what `.deferred-server` says, or one request to the app that the file names. With `Accept: text/plain` the answer is its output and steps as they come, until it has ended, without control sequences other than colours; `?raw=1` leaves them in. A machine that is lost meanwhile is replaced and the command begun again; `retry: never` forbids that.",
    headers: KEY,
    body: CommandRequestSchema,
    answers: { 202: ["The run is on its way.", RunCreatedSchema] },
    errors: [...STARTING_ERRORS, "project_without_repository"],
  }),
  again: describeForOwner({
    summary: "Run a command run again",
    description:
      "At the same commits. With `failed`, only the combinations of the file's `matrix` run that did not go well; the others are taken over from the run.",
    headers: KEY,
    parameters: { id: "The run's id." },
    body: RunAgainSchema,
    answers: { 202: ["The run is on its way.", RunCreatedSchema] },
    errors: [...STARTING_ERRORS, "run_not_found", "nothing_to_take_over"],
  }),
  commits: describeForOwner({
    summary: "List a project's commits",
    description: "Those that were pushed, or that something was run at.",
    query: {
      branch: "Only those seen on it: its name, or any ref in full.",
      before: "Only those below the commit of this full name.",
      ...page,
    },
    answers: { 200: ["Newest first, by commit time.", CommitListSchema] },
    errors: ["query_invalid"],
  }),
  commit: describeForOwner({
    summary: "Read a commit",
    parameters: { sha: "Its full name." },
    answers: { 200: ["The commit, with how it fared.", CommitViewSchema] },
    errors: ["commit_not_found"],
  }),
  wake: describeForOwner({
    summary: "Wake a project's machine",
    description: "It stays for as long as it would after a run.",
    answers: { 200: ["How far it is.", PoolAnswerSchema] },
  }),
  sleep: describeForOwner({
    summary: "Send a project's machines away",
    description: "Each finishes what it runs. What waits, or comes later, wakes another.",
    answers: { 200: ["Whether any is left.", PoolAnswerSchema] },
  }),
};
