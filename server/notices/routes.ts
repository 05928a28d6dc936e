import { describeForOwner } from "../http/openapi/describe.ts";
import { Hono } from "hono";
import { paths } from "../../protocol/paths.ts";
import {
  NoticeListSchema,
  OutgoingHookListSchema,
  OutgoingHookRequestSchema,
  OutgoingHookSchema,
} from "../../protocol/notices.ts";
import type { Access } from "../accounts/access.ts";
import { jsonBody } from "../http/json-body.ts";
import { slugOf } from "../projects/slug.ts";
import type { Notices } from "./notices.ts";

export interface NoticeRoutesDeps {
  notices: Notices;
  access: Access;
}

const project = ":owner/:name";

/** A project's subscriptions and notices, for its owner only, also where the project is public. */
export function noticeRoutes({ notices, access }: NoticeRoutesDeps): Hono {
  const app = new Hono();
  const private_ = { "cache-control": "no-store" };

  app.get(paths.outgoingHooks(project), docs.hooks, async (c) => {
    const slug = slugOf(c);
    await access.belong(c, slug);
    return c.json({ outgoing_hooks: await notices.hooks.list(slug) }, 200, private_);
  });

  app.post(paths.outgoingHooks(project), docs.addHook, async (c) => {
    const slug = slugOf(c);
    await access.act(c, slug, "admin");
    const request = await jsonBody(c, OutgoingHookRequestSchema, 16 * 1024);
    const made = await notices.hooks.create(slug, request);
    return c.json(made, 201, { ...private_, location: paths.outgoingHook(slug, made.id) });
  });

  app.delete(paths.outgoingHook(project, ":id"), docs.removeHook, async (c) => {
    const slug = slugOf(c);
    await access.act(c, slug, "admin");
    await notices.hooks.remove(slug, c.req.param("id") ?? "");
    return c.body(null, 204);
  });

  app.get(paths.notices(project), docs.notices, async (c) => {
    const slug = slugOf(c);
    await access.belong(c, slug);
    const { notices: rows, older } = await notices.list(slug, c.req.query("before"));
    return c.json({ notices: rows, ...(older === undefined ? {} : { older }) }, 200, private_);
  });

  return app;
}

const docs = {
  hooks: describeForOwner({
    summary: "List the webhooks that a project sends",
    answers: { 200: ["Oldest first, without their secrets.", OutgoingHookListSchema] },
  }),
  addHook: describeForOwner({
    summary: "Have a project's runs told to an address",
    description:
      "Each event is a POST, signed as Standard Webhooks says, and tried again for two days until it is answered with 2xx. Redirects are not followed.",
    body: OutgoingHookRequestSchema,
    answers: {
      201: ["With the secret to check signatures by, in this answer alone.", OutgoingHookSchema],
    },
    errors: ["repository_refused"],
  }),
  removeHook: describeForOwner({
    summary: "Remove a webhook that a project sends",
    description: "What was still to be sent there is given up.",
    parameters: { id: "Its id." },
    answers: { 204: ["It is gone."] },
    errors: ["not_found"],
  }),
  notices: describeForOwner({
    summary: "List whom a project's runs were told to",
    description: "Mails, commit statuses and webhooks, newest first, and what became of each.",
    query: { before: "What an answer called `older`: the notices after those." },
    answers: { 200: ["The notices.", NoticeListSchema] },
  }),
};
