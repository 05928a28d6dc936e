import { Hono } from "hono";
import { BackupSchema } from "../../../protocol/projects.ts";
import { describe } from "../../http/openapi/describe.ts";
import { paths } from "../../../protocol/paths.ts";
import type { Access } from "../../accounts/access.ts";

/** Makes a copy of the database for the command line on the same machine while the server runs. */
export function backupRoutes(options: {
  access: Access;
  snapshot: () => Promise<string>;
  /** Records that a backup was made. */
  noteBackup: () => Promise<void>;
}): Hono {
  const app = new Hono();
  app.post(paths.backups, docs, async (c) => {
    await options.access.own(c);
    const snapshot = await options.snapshot();
    if (c.req.query("for") !== "check") await options.noteBackup();
    return c.json({ snapshot }, 201, { "cache-control": "no-store" });
  });
  return app;
}

const docs = describe({
  tag: "Server",
  summary: "Copy the database into a file of the data folder",
  description: "For `deferred backup`, which takes the copy from there and removes it.",
  query: { for: "`check`: the copy is only checked, and counts as no backup." },
  answers: { 201: ["The file's name.", BackupSchema] },
  errors: ["token_missing", "token_wrong"],
  security: "owner",
});
