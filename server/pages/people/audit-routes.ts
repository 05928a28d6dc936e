import { Hono, type Context } from "hono";
import { html } from "hono/html";
import { AUDIT_CSV_HEADER, auditCsv } from "../../../protocol/audit-csv.ts";
import { pagePaths } from "../../../protocol/paths.ts";
import { scopeIncludes } from "../../../protocol/roles.ts";
import type { Access } from "../../accounts/access.ts";
import type { Audit, AuditFilter } from "../../accounts/audit.ts";
import { slugOf } from "../../projects/slug.ts";
import { pageHeaders } from "../headers.ts";
import { layout } from "../layout.ts";
import { notFoundPage } from "../not-found.ts";
import type { createServePage } from "../projects/serve-page.ts";
import { trailOf } from "../projects/serve-page.ts";
import { signInPage } from "../sign-in.ts";
import { trail } from "../trail.ts";
import { auditPage, type AuditQuery } from "./audit.ts";
import { usersNamed } from "./audit-sentences.ts";

const LISTED = 100;
/** Entries of an export: about a year of a busy team. The command line exports without a bound. */
const EXPORTED = 20_000;

export interface AuditPagesDeps {
  audit: Pick<Audit, "list" | "namesOf">;
  access: Access;
  version: string;
  now: () => number;
}

/** The audit log of the whole server, for its owner. */
export function auditPages({ audit, access, version, now }: AuditPagesDeps): Hono {
  const app = new Hono();
  app.use(pagePaths.audit, pageHeaders({ origins: [], referrer: "same-origin" }));
  app.get(pagePaths.audit, async (c) => {
    c.header("cache-control", "no-store");
    const signedIn = await access.currentUser(c);
    if (!signedIn) return c.html(signInPage(version, c), 401);
    if (!signedIn.user.owner) return c.html(notFoundPage({ version, signedIn }), 404);
    const list = await pageOfAudit(audit, c, { csv: `${pagePaths.audit}.csv`, now: now() });
    const main = html`${trail([[pagePaths.operator, "Operator"]], "Audit")} ${list}`;
    const description = "Who changed what on this server.";
    return c.html(layout({ title: "Audit", description, wide: true, signedIn, version, main }));
  });

  app.get(`${pagePaths.audit}.csv`, async (c) => {
    const signedIn = await access.currentUser(c);
    if (!signedIn) return c.html(signInPage(version, c), 401);
    if (!signedIn.user.owner) return c.html(notFoundPage({ version, signedIn }), 404);
    return sendCsv(audit, c, undefined);
  });
  return app;
}

/** The same of one project, for its maintainers. */
export function addAuditPage(
  app: Hono,
  page: ReturnType<typeof createServePage>,
  { audit, access, version }: Pick<AuditPagesDeps, "audit" | "access" | "version">,
): void {
  const path = pagePaths.projectAudit(":owner/:name");
  page(
    path,
    async (c, { project: { slug }, now }) => ({
      title: `Audit of ${slug}`,
      here: "Audit",
      tab: "audit" as const,
      description: `Who changed ${slug}.`,
      above: [trailOf(slug)],
      main: await pageOfAudit(audit, c, { slug, csv: `${pagePaths.projectAudit(slug)}.csv`, now }),
    }),
    { scope: "admin" },
  );

  app.get(`${path}.csv`, async (c) => {
    const slug = slugOf(c);
    const signedIn = await access.currentUser(c);
    if (!signedIn) return c.html(signInPage(version, c), 401);
    const scope = await access.scopeOf(c, slug);
    const may = scope !== undefined && scopeIncludes(scope, "admin");
    if (!may) return c.html(notFoundPage({ version, signedIn }), 404);
    return sendCsv(audit, c, slug);
  });
}

async function pageOfAudit(
  audit: Pick<Audit, "list" | "namesOf">,
  c: Context,
  { slug, csv, now }: { slug?: string; csv: string; now: number },
) {
  const query = queryOf(c);
  const before = Number(c.req.query("before"));
  const entries = await audit.list({
    ...filterOf(query, slug),
    before: Number.isSafeInteger(before) && before > 0 ? before : undefined,
    limit: LISTED + 1,
  });
  const shown = entries.slice(0, LISTED);
  const older = entries.length > LISTED ? String(shown.at(-1)?.number) : undefined;
  const names = await audit.namesOf([...new Set(shown.flatMap(usersNamed))]);
  return auditPage(shown, { query, older, csv, names, now });
}

async function sendCsv(audit: Pick<Audit, "list">, c: Context, slug: string | undefined) {
  const entries = await audit.list({ ...filterOf(queryOf(c), slug), limit: EXPORTED });
  const lines = [AUDIT_CSV_HEADER, ...auditCsv(entries)];
  return c.body(`${lines.join("\r\n")}\r\n`, 200, {
    "content-type": "text/csv; charset=utf-8",
    "content-disposition": 'attachment; filename="audit.csv"',
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
  });
}

/** What the filter of the page says. Empty fields, and days that are none, filter nothing. */
function queryOf(c: Context): AuditQuery {
  const { actor, action, since, until } = c.req.query();
  const isDay = (text: string | undefined) =>
    text !== undefined && /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text));
  return {
    ...(actor && { actor: actor.slice(0, 100) }),
    ...(action && { action: action.slice(0, 100) }),
    ...(isDay(since) && { since }),
    ...(isDay(until) && { until }),
  };
}

function filterOf({ actor, action, since, until }: AuditQuery, project: string | undefined) {
  const filter: Omit<AuditFilter, "limit"> = { project, actor, action };
  if (since !== undefined) filter.since = Date.parse(since);
  if (until !== undefined) filter.until = Date.parse(until);
  return filter;
}
