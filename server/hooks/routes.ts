import { describe, describeForOwner } from "../http/openapi/describe.ts";
import { Hono, type Context } from "hono";
import {
  DeliveryListSchema,
  DeliverySchema,
  DeliveryViewSchema,
  HookAnswerSchema,
  type HookAnswer,
} from "../../protocol/deliveries.ts";
import { paths } from "../../protocol/paths.ts";
import type { Access } from "../accounts/access.ts";
import { spoolBody } from "../http/bodies/spool.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import type { Projects } from "../projects/projects.ts";
import { slugOf } from "../projects/slug.ts";
import type { Deliveries } from "./deliveries.ts";
import { keptHeaders } from "./payload.ts";
import { HOOK_PROVIDERS, type ProviderName } from "./providers.ts";
import type { Refusals } from "./refusals.ts";

export interface HookRoutesDeps {
  projects: Projects;
  deliveries: Deliveries;
  now: () => number;
  refusals: Pick<Refusals, "count">;
  /** Called with each stored delivery. */
  onDelivery: (provider: ProviderName, outcome: string) => void;
}

/** GitHub's own limit on a delivery. */
const MAX_BODY_BYTES = 25 * 1024 * 1024;
const LISTED = 50;
const MAX_LISTED = 200;

/** Receives webhooks. A body not signed with the project's own secret is never parsed. */
export function hookRoutes({ projects, deliveries, now, refusals, onDelivery }: HookRoutesDeps) {
  const app = new Hono();

  /** Throws unless the project's secret signed it. */
  async function signedBody(c: Context, name: ProviderName, secret: string): Promise<Uint8Array> {
    const provider = HOOK_PROVIDERS[name];
    const header = (key: string) => c.req.header(key);
    if (!provider.signedBy.some((key) => header(key) !== undefined)) {
      throw new ApiError("hook_signature_missing");
    }
    const check = provider.check(header, secret);
    const body = await spoolBody(c, MAX_BODY_BYTES, check.update);
    try {
      check.finish(now());
      return await body.bytes();
    } finally {
      await body.close();
    }
  }

  const receive = (name: ProviderName) => async (c: Context) => {
    const hook = await projects.byHook(c.req.param("hook")!);
    if (!hook) throw new ApiError("hook_not_found");
    const { project } = hook;
    const body = await signedBody(c, name, hook.secret).catch(async (error: unknown) => {
      if (error instanceof ApiError) await refusals.count(project.slug, name, error);
      throw error;
    });
    const headers = keptHeaders(c.req.raw.headers);
    const delivery = await deliveries.receive({ project, provider: name, headers, body });
    onDelivery(name, delivery.outcome);
    const answer: HookAnswer = {
      delivery: delivery.id,
      outcome: delivery.outcome,
      detail: delivery.detail,
      ...(delivery.run === null ? {} : { run: delivery.run }),
    };
    return c.json(answer, 202);
  };
  app.post("/github/:hook", docs.github, receive("github"));
  app.post("/gitlab/:hook", docs.gitlab, receive("gitlab"));
  app.post("/generic/:hook", docs.generic, receive("generic"));
  return app;
}

/** A project's deliveries: listed for its readers, shown whole to its owner, and replayed by its actors. */
export function deliveryRoutes({
  deliveries,
  refusals,
  access,
}: {
  deliveries: Deliveries;
  refusals: Pick<Refusals, "list">;
  access: Access;
}) {
  const app = new Hono();
  const all = "/:owner/:name/deliveries";

  app.get(all, docs.list, async (c) => {
    const slug = slugOf(c);
    await access.read(c, slug);
    const limit = limitOf(c.req.query("limit"));
    const before = c.req.query("before");
    return c.json({
      deliveries: await deliveries.list(slug, { limit, before }),
      refused: await refusals.list(slug),
    });
  });

  // Owner only: a whole body holds more than a public project shows, such as alerts of leaked secrets.
  app.get(`${all}/:id`, docs.read, async (c) => {
    const slug = slugOf(c);
    await access.belong(c, slug);
    return c.json(await deliveries.whole(slug, c.req.param("id")));
  });

  app.post(`${all}/:id/replay`, docs.replay, async (c) => {
    const slug = slugOf(c);
    const actor = await access.act(c, slug, "run");
    const made = await deliveries.replay(slug, c.req.param("id"), actor);
    return c.json(made, 202, made.run === null ? {} : { location: paths.run(made.run) });
  });

  app.post(`${all}/:id/approve`, docs.approve, async (c) => {
    const slug = slugOf(c);
    const actor = await access.act(c, slug, "admin");
    const made = await deliveries.replay(slug, c.req.param("id"), actor, true);
    return c.json(made, 202, made.run === null ? {} : { location: paths.run(made.run) });
  });

  return app;
}

function limitOf(text: string | undefined): number {
  if (text === undefined) return LISTED;
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= MAX_LISTED) return limit;
  throw new ApiError("query_invalid", `limit is a number from 1 to ${MAX_LISTED}.`);
}

/** Bodies have the provider's own form, and are read only after their signature is checked. */
function describeHook(summary: string, description: string, headers: Record<string, string>) {
  return describe({
    tag: "Webhooks",
    summary,
    description,
    parameters: { hook: "The project's hook: see its `hooks`." },
    headers,
    answers: {
      202: ["It is stored, together with its run where it made one.", HookAnswerSchema],
    },
    errors: [
      "rate_limited",
      "hook_not_found",
      "hook_signature_missing",
      "hook_signature_wrong",
      "body_too_large",
      "body_not_json",
    ],
  });
}

const signed = {
  "webhook-id": "The same when it is sent again.",
  "webhook-timestamp": "Seconds since 1970, at most 5 minutes from now.",
  "webhook-signature": "`v1,` and the base64 of the HMAC-SHA-256.",
};
const delivery = { id: "The delivery's id here: 26 characters." };

const docs = {
  github: describeHook(
    "Receive a webhook of GitHub",
    "The events `push`, `pull_request` and `ping`, as JSON or as a form; all others are stored and ignored.",
    {
      "X-Hub-Signature-256": "GitHub's signature, with the project's hook secret.",
      "X-GitHub-Event": "What it is about.",
      "X-GitHub-Delivery": "GitHub's id of the delivery: the same when it is sent again.",
    },
  ),
  gitlab: describeHook(
    "Receive a webhook of GitLab",
    "Pushes of branches and tags, and merge requests. The project's hook secret is GitLab's signing token, or its secret token.",
    { "X-Gitlab-Token": "The hook secret, where it is not signed.", ...signed },
  ),
  generic: describeHook(
    "Receive a webhook of a program of one's own",
    'Signed by [Standard Webhooks](https://www.standardwebhooks.com). The body is `{"type": "push", "timestamp": "…", "data": {"ref": "main", "commit": "…", "title": "…"}}`, where `commit` and `title` may be absent. Without a commit, the branch’s tip of then is run each time that a message comes under an id of its own.',
    signed,
  ),
  list: describeForOwner({
    tag: "Webhooks",
    summary: "List a project's deliveries",
    query: {
      limit: "200 at most; 50 unless given.",
      before: "A delivery's id: those before it.",
    },
    answers: { 200: ["Newest first, without bodies.", DeliveryListSchema] },
    errors: ["query_invalid", "delivery_not_found"],
  }),
  read: describeForOwner({
    tag: "Webhooks",
    summary: "Read a delivery",
    parameters: delivery,
    answers: { 200: ["With its headers and its body as it came.", DeliveryViewSchema] },
    errors: ["delivery_not_found"],
  }),
  replay: describeForOwner({
    tag: "Webhooks",
    summary: "Do again what a delivery asked for",
    description: "By the project's rules of now; a run of its own, also within the hour.",
    parameters: delivery,
    answers: { 202: ["The new delivery, with its run.", DeliverySchema] },
    errors: ["delivery_not_found", "delivery_not_replayable", "project_queue_full", "queue_full"],
  }),
  approve: describeForOwner({
    tag: "Webhooks",
    summary: "Run a held pull request, and let its author's next ones run",
    description: "Where the project has `approve_strangers`.",
    parameters: delivery,
    answers: { 202: ["The new delivery, with its run.", DeliverySchema] },
    errors: ["delivery_not_found", "delivery_not_replayable", "project_queue_full", "queue_full"],
  }),
};
