import { Hono } from "hono";
import { cors } from "hono/cors";
import { KeyRequestSchema, RevokeRequestSchema } from "../../protocol/requests.ts";
import { jsonBody } from "../json-body.ts";
import type { Projects } from "./projects.ts";

/**
 * A project's calls. Its public keys are anybody's; all else its owner's API token opens, and without
 * CORS: pages have no business there.
 */
export function projectRoutes(projects: Projects) {
  const app = new Hono();

  const keySet = "/:owner/:name/jwks.json";
  app.use(keySet, cors({ origin: "*", allowMethods: ["GET", "HEAD"] }));
  app.get(keySet, async (c) => {
    // Briefly, so that a key that was revoked is soon missed.
    const headers = { "cache-control": "public, max-age=60" };
    return c.json(await projects.publicKeys(slugOf(c.req)), 200, headers);
  });

  app.use("/:owner/:name/*", async (c, next) => {
    const slug = `${c.req.param("owner")}/${c.req.param("name")}`;
    await projects.authorize(c.req.header("authorization"), slug);
    await next();
  });

  app.get("/:owner/:name/keys", async (c) => c.json({ keys: await projects.keys(slugOf(c.req)) }));

  app.post("/:owner/:name/keys", async (c) => {
    const { jwk, label } = await jsonBody(c, KeyRequestSchema, 16 * 1024);
    return c.json(await projects.addKey(slugOf(c.req), jwk, label ?? null), 201);
  });

  app.delete("/:owner/:name/keys/:kid", async (c) =>
    c.json(await projects.revokeKey(slugOf(c.req), c.req.param("kid"))),
  );

  const revoked = "/:owner/:name/revoked-blocks";
  app.get(revoked, async (c) =>
    c.json({ revoked_blocks: await projects.revokedBlocks(slugOf(c.req)) }),
  );

  app.post(revoked, async (c) => {
    const { jti } = await jsonBody(c, RevokeRequestSchema, 16 * 1024);
    return c.json(await projects.revokeBlock(slugOf(c.req), jti), 201);
  });

  return app;
}

function slugOf(request: { param(name: "owner" | "name"): string }): string {
  return `${request.param("owner")}/${request.param("name")}`;
}
