import { Hono } from "hono";
import { cors } from "hono/cors";
import * as v from "valibot";
import { paths } from "../../protocol/paths.ts";
import type { CallerLimits } from "../http/limits/callers.ts";
import { describe } from "../http/openapi/describe.ts";
import type { FindGistFile } from "./found-file.ts";

export interface GistRoutesDeps {
  find: FindGistFile;
  callers: Pick<CallerLimits, "countRead">;
}

const GistFileSchema = v.object({
  user: v.string(),
  id: v.string(),
  revision: v.optional(v.string()),
  file: v.string(),
  language: v.string(),
  block: v.string(),
  code: v.string(),
});

/** The call by which the element reads a gist: GitHub's own API limits each reader to 60 requests an hour. */
export function gistRoutes({ find, callers }: GistRoutesDeps): Hono {
  const app = new Hono();
  const path = paths.gist(":user", ":id");
  app.use(
    path,
    cors({ origin: "*", allowMethods: ["GET", "HEAD"], exposeHeaders: ["Retry-After"] }),
  );
  app.get(path, docs, async (c) => {
    callers.countRead(c);
    const { user, id } = c.req.param() as { user: string; id: string };
    const { isPublic: _isPublic, url: _url, ...file } = await find(user, id, c.req.query("file"));
    c.header("cache-control", "public, max-age=60");
    return c.json(file);
  });
  return app;
}

const docs = describe({
  tag: "Runs",
  summary: "Read a signed file of a gist",
  parameters: {
    user: "Who owns the gist.",
    id: "The gist's id; `id@revision` for one revision of it.",
  },
  query: { file: "The file's name; absent: the only one that has a signature beside it." },
  answers: { 200: ["The file's code with its signature.", GistFileSchema] },
  errors: [
    "gist_not_found",
    "gist_private",
    "gist_file_not_found",
    "gist_unsigned",
    "gist_limited",
    "gist_unavailable",
    "code_mismatch",
    "code_empty",
    "code_too_large",
    "code_unacceptable",
    "part_missing",
    "token_malformed",
    "token_claims_invalid",
    "rate_limited",
  ],
});
