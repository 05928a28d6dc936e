import { Hono } from "hono";
import { paths } from "../../protocol/paths.ts";
import { MadeTokenSchema, NewTokenSchema, TokenListSchema } from "../../protocol/tokens.ts";
import { jsonBody } from "../http/json-body.ts";
import { describe, TOKEN_ERRORS } from "../http/openapi/describe.ts";
import type { Access } from "./access.ts";
import { makerOf } from "./grant.ts";
import type { Tokens } from "./tokens.ts";

const MAX_BODY_BYTES = 4 * 1024;
const FRESH = { "cache-control": "no-store" };

/** Makes, lists and revokes API tokens of projects. Without CORS: no page calls these. */
export function tokenRoutes({ tokens, access }: { tokens: Tokens; access: Access }): Hono {
  const app = new Hono();

  app.get(paths.tokens, docs.list, async (c) => {
    const project = await access.administer(c, c.req.query("project"));
    return c.json({ tokens: await tokens.list(project) }, 200, FRESH);
  });

  // Takes an owner's token: a leaked token of a project could otherwise make another that outlives its revocation.
  app.post(paths.tokens, docs.make, async (c) => {
    await access.checkMayOwn(c);
    const request = await jsonBody(c, NewTokenSchema, MAX_BODY_BYTES);
    const actor = await access.act(c, request.project, "own");
    const made = await tokens.create(request, makerOf(actor));
    access.note(c, made.name);
    return c.json(made, 201, { ...FRESH, location: paths.token(made.id) });
  });

  app.delete(paths.token(":id"), docs.revoke, async (c) => {
    const of = await access.administer(c, c.req.query("project"));
    access.about(c, await tokens.revoke(c.req.param("id") ?? "", of));
    return c.body(null, 204);
  });

  return app;
}

const docs = {
  list: describe({
    tag: "Projects",
    summary: "List API tokens",
    description:
      "Without their secrets. The owner's token sees those of every project; a token of the scope admin those of its project.",
    query: { project: "Only those of this project: `owner/name`." },
    answers: { 200: ["By project, oldest first.", TokenListSchema] },
    errors: [...TOKEN_ERRORS, "project_not_found"],
    security: "owner",
  }),
  make: describe({
    tag: "Projects",
    summary: "Make an API token of one project",
    description:
      "By the owner's token, or that of an owner of the project. Scopes: `read` reads the project, `run` also starts and cancels runs, replays deliveries and wakes machines, `admin` also changes the project.",
    body: NewTokenSchema,
    answers: { 201: ["With its secret, in this answer alone.", MadeTokenSchema] },
    errors: [...TOKEN_ERRORS, "project_not_found"],
    security: "owner",
  }),
  revoke: describe({
    tag: "Projects",
    summary: "Revoke an API token",
    description: "By the owner's token, or one of its project with the scope admin.",
    parameters: { id: "The token's id, as the list shows it." },
    query: { project: "Its project; a person's token has to name it." },
    answers: { 204: ["It is refused from now on."] },
    errors: [...TOKEN_ERRORS, "api_token_not_found"],
    security: "owner",
  }),
};
