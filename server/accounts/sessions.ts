import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import type { Selectable } from "kysely";
import { pagePaths } from "../../protocol/paths.ts";
import type { Database, Queries } from "../database/database.ts";
import { isDiskTrouble } from "../database/disk-trouble.ts";
import { newId, newSecret, sha256 } from "../database/ids.ts";
import type { Audit } from "./audit.ts";
import type { SessionsTable } from "../database/tables/projects.ts";

export type Sessions = ReturnType<typeof createSessions>;

const LINK_KEPT_MS = 15 * 60_000;
const SESSION_KEPT_MS = 30 * 24 * 60 * 60_000;
const USE_NOTED_MS = 60_000;
const FOUND_MS = 500;
const LONGEST_AGENT = 300;

/** Somebody whose browser is signed in. */
export interface SignedIn {
  session: { id: string; provedAt: number };
  /** `owner`: of the server; may do everything. */
  user: { id: string; name: string; email: string | null; owner: boolean };
}

/** Sessions of browsers, held in a cookie. */
export function createSessions({
  database,
  audit,
  url,
  now,
}: {
  database: Database;
  /** Records sign-ins. */
  audit: Pick<Audit, "record">;
  /** The server's public URL. */
  url: string;
  now: () => number;
}) {
  const { queries } = database;
  const cookie = cookieOf(url);
  /** A request looks its session up once; a stream, which asks again while it lasts, does so anew. */
  const found = new WeakMap<Context, { at: number; by: Promise<SignedIn | undefined> }>();

  async function find(c: Context): Promise<SignedIn | undefined> {
    const token = getCookie(c, cookie.name);
    if (token === undefined) return undefined;
    const row = await queries
      .selectFrom("sessions")
      .innerJoin("users", "users.id", "sessions.user")
      .selectAll("sessions")
      .select(["users.name", "users.email", "users.owner"])
      .where("sessions.hash", "=", sha256(token))
      .where("sessions.expires_at", ">", now())
      .executeTakeFirst();
    if (!row) return undefined;
    await noteUse(queries, row, now());
    const { id, user, proved_at: provedAt, name, email, owner } = row;
    return { session: { id, provedAt }, user: { id: user, name, email, owner: owner === 1 } };
  }

  function current(c: Context): Promise<SignedIn | undefined> {
    const known = found.get(c);
    if (known && performance.now() - known.at < FOUND_MS) return known.by;
    const by = find(c);
    found.set(c, { at: performance.now(), by });
    return by;
  }

  async function forget(c: Context, token = getCookie(c, cookie.name)): Promise<void> {
    found.delete(c);
    if (token === undefined) return;
    await queries.deleteFrom("sessions").where("hash", "=", sha256(token)).execute();
  }

  return {
    /** Makes a single-use sign-in link, valid for 15 minutes. Only its hash is stored. */
    async makeLink(): Promise<{ url: string; expires_at: string }> {
      await queries.deleteFrom("sign_in_links").where("expires_at", "<=", now()).execute();
      await queries.deleteFrom("sessions").where("expires_at", "<=", now()).execute();
      const code = newSecret();
      const expiresAt = now() + LINK_KEPT_MS;
      await queries
        .insertInto("sign_in_links")
        .values({ hash: sha256(code), expires_at: expiresAt })
        .execute();
      return { url: url + pagePaths.signIn(code), expires_at: new Date(expiresAt).toISOString() };
    },

    /** Uses a sign-in link up; false if it is unknown, used or expired. */
    async takeLink(code: string): Promise<boolean> {
      const { numDeletedRows } = await queries
        .deleteFrom("sign_in_links")
        .where("hash", "=", sha256(code))
        .where("expires_at", ">", now())
        .executeTakeFirst();
      return numDeletedRows > 0n;
    },

    /**
     * Begins a session of a user in place of the browser's own. `back` is the page that sent the browser to prove who
     * uses it.
     */
    async begin(c: Context, user: string): Promise<{ back: string | undefined }> {
      await forget(c);
      const { name, owner } = await queries
        .selectFrom("users")
        .select(["name", "owner"])
        .where("id", "=", user)
        .executeTakeFirstOrThrow();
      await audit.record(c, { kind: owner === 1 ? "owner" : "user", id: user, name }, "signed in");
      const token = newSecret();
      await queries
        .insertInto("sessions")
        .values({
          hash: sha256(token),
          id: newId(),
          user,
          created_at: now(),
          expires_at: now() + SESSION_KEPT_MS,
          proved_at: now(),
          used_at: now(),
          agent: (c.req.header("user-agent") ?? "").slice(0, LONGEST_AGENT),
        })
        .execute();
      setCookie(c, cookie.name, token, {
        ...cookie.options,
        maxAge: SESSION_KEPT_MS / 1000,
      });
      const back = getCookie(c, cookie.back);
      if (back === undefined) return { back };
      deleteCookie(c, cookie.back, cookie.options);
      return { back: ownPath(back) };
    },

    /** Whose session the request carries. */
    current,

    isSignedIn: async (c: Context): Promise<boolean> => (await current(c)) !== undefined,

    /** Has the next sign-in of this browser lead back to a page. */
    comeBack(c: Context, path: string): void {
      setCookie(c, cookie.back, path, { ...cookie.options, maxAge: LINK_KEPT_MS / 1000 });
    },

    /** Notes that the user has just proved to be who they are. */
    async prove(c: Context): Promise<void> {
      const token = getCookie(c, cookie.name);
      if (token === undefined) return;
      found.delete(c);
      const row = queries.updateTable("sessions").set({ proved_at: now() });
      await row.where("hash", "=", sha256(token)).execute();
    },

    /** Ends all sessions of a user except the one with the id `except`. */
    async endAll(user: string, except?: string): Promise<void> {
      let rows = queries.deleteFrom("sessions").where("user", "=", user);
      if (except !== undefined) rows = rows.where("id", "!=", except);
      await rows.execute();
    },

    async end(c: Context): Promise<void> {
      await forget(c, deleteCookie(c, cookie.name, cookie.options));
    },
  };
}

/** A path on this server; undefined for anything that could name another one. */
export function ownPath(text: string): string | undefined {
  const base = "http://own.invalid";
  if (!/^\/(?![/\\])/.test(text) || !URL.canParse(text, base)) return undefined;
  const { origin, pathname, search } = new URL(text, base);
  return origin === base && !pathname.startsWith("//") ? pathname + search : undefined;
}

/** Stores when a session was used. A disk that takes no writes signs nobody out. */
async function noteUse(
  queries: Queries,
  { hash, used_at: usedAt }: Selectable<SessionsTable>,
  now: number,
): Promise<void> {
  if (Math.abs(now - usedAt) < USE_NOTED_MS) return;
  try {
    await queries.updateTable("sessions").set({ used_at: now }).where("hash", "=", hash).execute();
  } catch (error) {
    if (!isDiskTrouble(error)) throw error;
  }
}

/**
 * Browsers bind a `__Host-` cookie to the host that set it, but only over https. Over http all ports of a host share
 * cookies, so two servers on one machine need different names.
 */
function cookieOf(url: string) {
  const { protocol, port } = new URL(url);
  const secure = protocol === "https:";
  const name = secure ? "__Host-deferred" : `deferred_${port || "80"}`;
  return {
    name,
    back: `${name}_back`,
    options: { path: "/", httpOnly: true, sameSite: "Lax", secure } as const,
  };
}
