import { Hono } from "hono";
import { BackupSchema } from "../../../protocol/projects.ts";
import { describe } from "../../http/openapi/describe.ts";
import { paths } from "../../../protocol/paths.ts";
import type { Access } from "../../accounts/access.ts";

/** Makes a copy of the database for the command line on the same machine while the server runs. */
export function backupRoutes(options: { access: Access; snapshot: () => Promise<string> }): Hono {
  const app = new Hono();
  app.post(paths.backups, docs, async (c) => {
    await options.access.own(c);
    return c.json({ snapshot: await options.snapshot() }, 201, { "cache-control": "no-store" });
  });
  return app;
}

const docs = describe({
  tag: "Server",
  summary: "Copy the database into a file of the data folder",
  description: "For `deferred backup`, which takes the copy from there and removes it.",
  answers: { 201: ["The file's name.", BackupSchema] },
  errors: ["token_missing", "token_wrong"],
  security: "owner",
});
