import { Hono, type Context } from "hono";
import { AuditSchema } from "../../protocol/audit.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import { paths } from "../../protocol/paths.ts";
import { describe, TOKEN_ERRORS } from "../http/openapi/describe.ts";
import type { Access } from "./access.ts";
import type { Audit } from "./audit.ts";

const LISTED = 50;
const MAX_LISTED = 200;

/** Shows who changed what. Without CORS: no page calls this. */
export function auditRoutes({ audit, access }: { audit: Audit; access: Access }): Hono {
  const app = new Hono();
  app.get(paths.audit, docs, async (c) => {
    const project = await access.administer(c, c.req.query("project"));
    const limit = numberOf(c, "limit", MAX_LISTED) ?? LISTED;
    const before = numberOf(c, "before", Number.MAX_SAFE_INTEGER);
    const { actor, action } = c.req.query();
    const since = momentOf(c, "since");
    const until = momentOf(c, "until");
    const filter = { project, actor, action, since, until, before, limit };
    const entries = await audit.list(filter);
    const older = entries.length === limit ? entries.at(-1)?.number : undefined;
    const page = { entries, ...(older === undefined ? {} : { older }) };
    return c.json(page, 200, { "cache-control": "no-store" });
  });
  return app;
}

/** Throws `query_invalid`. */
function numberOf(c: Context, name: string, max: number): number | undefined {
  const text = c.req.query(name);
  if (text === undefined) return undefined;
  const number = /^\d{1,16}$/.test(text) ? Number(text) : 0;
  if (number >= 1 && number <= max) return number;
  throw new ApiError("query_invalid", `${name}: 1 to ${max}.`);
}

/** Throws `query_invalid`. */
function momentOf(c: Context, name: string): number | undefined {
  const text = c.req.query(name);
  if (text === undefined) return undefined;
  const at = /^\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:\d{2}))?$/.test(text)
    ? Date.parse(text)
    : NaN;
  if (!Number.isNaN(at)) return at;
  throw new ApiError("query_invalid", `${name}: a day or a moment, as 2026-01-31T12:00:00Z.`);
}

const docs = describe({
  tag: "Server",
  summary: "List who changed what",
  description:
    "Every call with an API token but reads, and every form of a page: who sent it, when, and how it was answered; never its body. The owner's token sees all, a token of the scope admin its project's. Kept for a year.",
  query: {
    project: "Only those about this project: `owner/name`.",
    actor:
      "Only those by the token or user of this id, or with this in their name; `owner` for the owner's token. Without `project` also a user's e-mail address.",
    action: "Only those whose method and path have this in them, such as `DELETE` or `/secrets`.",
    since: "Only those since this day or moment (RFC 3339).",
    until: "Only those before this day or moment.",
    before: "What an answer called `older`: the entries before those.",
    limit: "How many at most: 1 to 200; 50 unless given.",
  },
  answers: { 200: ["Newest first.", AuditSchema] },
  errors: [...TOKEN_ERRORS, "project_not_found", "query_invalid"],
  security: "owner",
});
