import { Hono } from "hono";
import { cors } from "hono/cors";
import { KeyRequestSchema, RevokeRequestSchema } from "../../protocol/requests.ts";
import type { Access } from "../accounts/access.ts";
import { jsonBody } from "../http/json-body.ts";
import type { Projects } from "./projects.ts";
import { slugOf } from "./slug.ts";

const MAX_BODY_BYTES = 16 * 1024;

/**
 * The keys that sign for a project, and the blocks it took back. Its public keys are anybody's; all else
 * its owner's API token opens, and without CORS: pages have no business there.
 */
export function keyRoutes({ projects, access }: { projects: Projects; access: Access }) {
  const app = new Hono();

  const keySet = "/:owner/:name/jwks.json";
  app.use(keySet, cors({ origin: "*", allowMethods: ["GET", "HEAD"] }));
  app.get(keySet, async (c) => {
    // Briefly, so that a key that was revoked is soon missed.
    const headers = { "cache-control": "public, max-age=60" };
    return c.json(await projects.publicKeys(slugOf(c)), 200, headers);
  });

  app.get("/:owner/:name/keys", async (c) => {
    await access.act(c, slugOf(c));
    return c.json({ keys: await projects.keys(slugOf(c)) });
  });

  app.post("/:owner/:name/keys", async (c) => {
    await access.act(c, slugOf(c));
    const { jwk, label } = await jsonBody(c, KeyRequestSchema, MAX_BODY_BYTES);
    return c.json(await projects.addKey(slugOf(c), jwk, label ?? null), 201);
  });

  app.delete("/:owner/:name/keys/:kid", async (c) => {
    await access.act(c, slugOf(c));
    return c.json(await projects.revokeKey(slugOf(c), c.req.param("kid")));
  });

  const revoked = "/:owner/:name/revoked-blocks";
  app.get(revoked, async (c) => {
    await access.act(c, slugOf(c));
    return c.json({ revoked_blocks: await projects.revokedBlocks(slugOf(c)) });
  });

  app.post(revoked, async (c) => {
    await access.act(c, slugOf(c));
    const { jti } = await jsonBody(c, RevokeRequestSchema, MAX_BODY_BYTES);
    return c.json(await projects.revokeBlock(slugOf(c), jti), 201);
  });

  return app;
}
