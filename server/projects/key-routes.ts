import { array, looseObject, object, string } from "valibot";
import { Hono } from "hono";
import { cors } from "hono/cors";
import { describe, describeForOwner } from "../http/openapi/describe.ts";
import {
  KeyRequestSchema,
  KeyViewSchema,
  RevokedBlockSchema,
  RevokeRequestSchema,
} from "../../protocol/requests.ts";
import { paths } from "../../protocol/paths.ts";
import type { Access } from "../accounts/access.ts";
import { jsonBody } from "../http/json-body.ts";
import type { Projects } from "./projects.ts";
import { slugOf } from "./slug.ts";

const MAX_BODY_BYTES = 16 * 1024;

/**
 * The keys that sign for a project, and its revoked blocks. The public keys are readable without a token. The other
 * calls need the owner's API token and have no CORS, since no page calls them.
 */
export function keyRoutes({ projects, access }: { projects: Projects; access: Access }) {
  const app = new Hono();

  const keySet = "/:owner/:name/jwks.json";
  app.use(keySet, cors({ origin: "*", allowMethods: ["GET", "HEAD"] }));
  app.get(keySet, docs.publicKeys, async (c) => {
    // Short, so that a revocation takes effect soon.
    const headers = { "cache-control": "public, max-age=60" };
    return c.json(await projects.publicKeys(slugOf(c)), 200, headers);
  });

  app.get("/:owner/:name/keys", docs.keys, async (c) => {
    await access.act(c, slugOf(c), "read");
    return c.json({ keys: await projects.keys(slugOf(c)) });
  });

  app.post("/:owner/:name/keys", docs.addKey, async (c) => {
    const actor = await access.act(c, slugOf(c), "admin");
    const { jwk, label } = await jsonBody(c, KeyRequestSchema, MAX_BODY_BYTES);
    const added = await projects.addKey(slugOf(c), jwk, label ?? null, actor);
    access.note(c, label ?? added.kid);
    return c.json(added, 201, { location: paths.key(slugOf(c), added.kid) });
  });

  app.delete("/:owner/:name/keys/:kid", docs.revokeKey, async (c) => {
    const actor = await access.act(c, slugOf(c), "admin");
    return c.json(await projects.revokeKey(slugOf(c), c.req.param("kid"), actor));
  });

  const revoked = "/:owner/:name/revoked-blocks";
  app.get(revoked, docs.revokedBlocks, async (c) => {
    await access.act(c, slugOf(c), "read");
    return c.json({ revoked_blocks: await projects.revokedBlocks(slugOf(c)) });
  });

  app.post(revoked, docs.revokeBlock, async (c) => {
    await access.act(c, slugOf(c), "admin");
    const { jti } = await jsonBody(c, RevokeRequestSchema, MAX_BODY_BYTES);
    access.note(c, jti);
    return c.json(await projects.revokeBlock(slugOf(c), jti), 201);
  });

  return app;
}

const docs = {
  publicKeys: describe({
    tag: "Projects",
    summary: "Read the keys that may sign for a project",
    description:
      "For anybody who wants to verify a page's block. Keys that were revoked are not among them.",
    parameters: { owner: "The project's owner.", name: "The project's name." },
    answers: { 200: ["A JWK set.", object({ keys: array(looseObject({ kid: string() })) })] },
    errors: ["project_not_found"],
  }),
  keys: describeForOwner({
    summary: "List a project's keys",
    answers: { 200: ["Its keys, oldest first.", object({ keys: array(KeyViewSchema) })] },
  }),
  addKey: describeForOwner({
    summary: "Register a public key",
    body: KeyRequestSchema,
    answers: { 201: ["Blocks that it signs are run from now on.", KeyViewSchema] },
    errors: ["key_exists", "key_unusable"],
  }),
  revokedBlocks: describeForOwner({
    summary: "List the blocks that were revoked",
    answers: { 200: ["Oldest first.", object({ revoked_blocks: array(RevokedBlockSchema) })] },
  }),
  revokeBlock: describeForOwner({
    summary: "Revoke one block",
    body: RevokeRequestSchema,
    answers: { 201: ["The block is refused from now on.", RevokedBlockSchema] },
  }),
  revokeKey: describeForOwner({
    summary: "Revoke a key",
    parameters: { kid: "Its RFC 7638 thumbprint." },
    answers: { 200: ["Blocks that it signed are refused from now on.", KeyViewSchema] },
    errors: ["key_not_found"],
  }),
};
