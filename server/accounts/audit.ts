import type { Context, MiddlewareHandler } from "hono";
import { sql, type Selectable } from "kysely";
import type { Actor } from "../../protocol/actors.ts";
import type { AuditEntry } from "../../protocol/audit.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import type { Database, Queries } from "../database/database.ts";
import { isDiskTrouble } from "../database/disk-trouble.ts";
import type { AuditTable } from "../database/tables/projects.ts";
import { routeOf } from "../http/requests/observe.ts";

export interface AuditFilter {
  project?: string | undefined;
  /**
   * The id of a token or user, or `owner` for the server's owner by token; otherwise a part of a name, or without
   * `project` a user's e-mail address.
   */
  actor?: string | undefined;
  /** A part of the method and path, such as `DELETE` or `/secrets`. */
  action?: string | undefined;
  /** Moments in milliseconds; the second is excluded. */
  since?: number | undefined;
  until?: number | undefined;
  /** Only entries with lower numbers. */
  before?: number | undefined;
  limit: number;
}

export type Audit = ReturnType<typeof createAudit>;

/** Maximum characters of a stored path. */
const LONGEST_PATH = 300;

/** The record of who changed what. No call changes or removes an entry. */
export function createAudit({ queries }: Database, now: () => number) {
  const begun = new WeakMap<Context, { number: number; project?: string; detail?: string }>();

  async function insert(c: Context, actor: Actor, project: string | null): Promise<void> {
    if (begun.has(c)) return;
    const { number } = await queries
      .insertInto("audit")
      .values({
        at: now(),
        actor_kind: actor.kind,
        actor: actor.id,
        actor_name: actor.name,
        project,
        action: `${c.req.method} ${routeOf(c).replace(/:(\w+)(\{[^}]*\})?/g, "{$1}")}`,
        path: withoutCode(c.req.path).slice(0, LONGEST_PATH),
        status: null,
        location: null,
      })
      .returning("number")
      .executeTakeFirstOrThrow();
    begun.set(c, { number });
  }

  function note(c: Context, detail: string): void {
    const entry = begun.get(c);
    if (entry && detail !== "") entry.detail = detail.slice(0, LONGEST_PATH);
  }

  return {
    /**
     * Records a call that may change something, before it does. A record that can't be stored throws, and so
     * refuses the call.
     */
    async begin(c: Context, actor: Actor, project: string | null): Promise<void> {
      if (!["GET", "HEAD"].includes(c.req.method)) await insert(c, actor, project);
    },

    /** Records a sign-in, or a change of an account made by opening a link. `detail` describes it. */
    async record(c: Context, actor: Actor, detail: string): Promise<void> {
      await insert(c, actor, null);
      note(c, detail);
    },

    /** Names the project of a call that was recorded without one. It is stored with the answer. */
    about(c: Context, project: string): void {
      const entry = begun.get(c);
      if (entry) entry.project = project;
    },

    /** Adds the names that a recorded call changes, never values. They are stored with the answer. */
    note,

    /** Adds how the call was answered. */
    middleware: (): MiddlewareHandler =>
      async function audit(c, next) {
        await next();
        const entry = begun.get(c);
        if (!entry) return;
        const { number, ...facts } = entry;
        const location = withoutCode(c.res.headers.get("location"));
        const answer = { ...facts, status: c.res.status, location };
        const row = queries.updateTable("audit").set(answer).where("number", "=", number);
        await row.execute().catch((error: unknown) => {
          // The change is made: the entry that names it stays without its answer.
          if (!isDiskTrouble(error)) throw error;
        });
      },

    /** Names of users by their ids. Of a user who was removed nothing is left. */
    async namesOf(users: readonly string[]): Promise<ReadonlyMap<string, string>> {
      if (users.length === 0) return new Map();
      const rows = await queries
        .selectFrom("users")
        .select(["id", "name"])
        .where("id", "in", users)
        .execute();
      return new Map(rows.map(({ id, name }) => [id, name]));
    },

    /** Newest first, of one project if that is given; `limit` at most. Throws `project_not_found` if none ever was. */
    async list(filter: AuditFilter): Promise<AuditEntry[]> {
      const { project, actor, action, since, until, before, limit } = filter;
      let rows = queries.selectFrom("audit").selectAll();
      if (project !== undefined) rows = rows.where("project", "=", project);
      if (actor !== undefined) rows = rows.where(isBy(actor, project));
      if (action !== undefined) rows = rows.where(contains(action));
      if (since !== undefined) rows = rows.where("at", ">=", since);
      if (until !== undefined) rows = rows.where("at", "<", until);
      if (before !== undefined) rows = rows.where("number", "<", before);
      const found = await rows.orderBy("number", "desc").limit(limit).execute();
      if (found.length === 0 && project !== undefined) await checkExisted(queries, project);
      return found.map(entryOf);
    },
  };
}

/** The path of a one-time link lets its reader in, and the query of a page may hold another path. */
function withoutCode<Path extends string | null>(path: Path): Path | string {
  return path === null ? path : path.replace(/\?.*/s, "").replace(LINK, "/$1/…");
}

const LINK = /^\/(invitations|sign-in|sign-up|reset-password|confirm-email)\/[^/]+/;

/** Names without respect to the case of ASCII letters, as SQLite compares them. */
function isBy(actor: string, project: string | undefined) {
  if (actor === "owner" || IS_ID.test(actor)) return sql<boolean>`actor = ${actor}`;
  const isNamed = sql<boolean>`instr(lower(actor_name), lower(${actor})) > 0`;
  // Maintainers of a project do not see the addresses of its members.
  if (project !== undefined) return isNamed;
  return sql<boolean>`(${isNamed} or actor in (select id from users where email = lower(${actor})))`;
}

const IS_ID = /^[0-9a-z]{26}$/;

function contains(action: string) {
  return sql<boolean>`(instr(action, ${action}) > 0 or instr(path, ${action}) > 0)`;
}

/** Throws `project_not_found` unless there is such a project, or was before its removal. */
async function checkExisted(queries: Queries, slug: string): Promise<void> {
  const row = await queries
    .selectFrom("projects")
    .select("slug")
    .where("slug", "=", slug)
    .executeTakeFirst();
  if (!row) throw new ApiError("project_not_found");
}

function entryOf({ at, ...row }: Selectable<AuditTable>): AuditEntry {
  return { ...row, at: new Date(at).toISOString() };
}
