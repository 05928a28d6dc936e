import type { Context } from "hono";
import { ApiError } from "../../protocol/deferred-error.ts";

/** First parts of the server's own paths. */
const OWN_PATHS = new Set([
  "account",
  "assets",
  "auth",
  "blocks",
  "confirm-email",
  "device",
  "confirm-email",
  "docs",
  "examples",
  "gallery",
  "gists",
  "healthz",
  "invitations",
  "metrics",
  "oembed",
  "operator",
  "private",
  "projects",
  "readyz",
  "reset-password",
  "results",
  "runs",
  "sign-in",
  "sign-out",
  "sign-up",
  "v",
  "v1",
]);

/** Throws `body_invalid` for a slug whose pages would have paths that are the server's own. */
export function refuseOwnPath(slug: string): void {
  const owner = slug.slice(0, slug.indexOf("/"));
  if (!OWN_PATHS.has(owner)) return;
  throw new ApiError(
    "body_invalid",
    `slug: /${owner} is a path of the server: name another owner.`,
  );
}

/** The slug in the path of a call about a project. */
export function slugOf(c: Context): string {
  return `${c.req.param("owner")}/${c.req.param("name")}`;
}
