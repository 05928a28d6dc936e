import { Hono } from "hono";
import { paths } from "../../../protocol/paths.ts";
import type { Access } from "../../accounts/access.ts";

/** How the command line on the server's own machine gets a copy of the database while the server runs. */
export function backupRoutes(options: { access: Access; snapshot: () => Promise<string> }): Hono {
  const app = new Hono();
  app.post(paths.backups, async (c) => {
    await options.access.own(c);
    return c.json({ snapshot: await options.snapshot() }, 201, { "cache-control": "no-store" });
  });
  return app;
}
