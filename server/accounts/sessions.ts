import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { pagePaths } from "../../protocol/paths.ts";
import type { Database } from "../database/database.ts";
import { newSecret, sha256 } from "../database/ids.ts";

export type Sessions = ReturnType<typeof createSessions>;

const LINK_KEPT_MS = 15 * 60_000;
const SESSION_KEPT_MS = 30 * 24 * 60 * 60_000;

/** Browser sessions of the server's owner, held in a cookie that grants read access only. */
export function createSessions({
  database,
  url,
  now,
}: {
  database: Database;
  /** The server's public URL. */
  url: string;
  now: () => number;
}) {
  const { queries } = database;
  const cookie = cookieOf(url);

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

    /** Consumes a link and begins a session; false if the link is unknown, used or expired. */
    async begin(c: Context, code: string): Promise<boolean> {
      const used = await queries
        .deleteFrom("sign_in_links")
        .where("hash", "=", sha256(code))
        .where("expires_at", ">", now())
        .executeTakeFirst();
      if (used.numDeletedRows === 0n) return false;
      const token = newSecret();
      await queries
        .insertInto("sessions")
        .values({
          hash: sha256(token),
          created_at: now(),
          expires_at: now() + SESSION_KEPT_MS,
        })
        .execute();
      setCookie(c, cookie.name, token, {
        ...cookie.options,
        maxAge: SESSION_KEPT_MS / 1000,
      });
      return true;
    },

    async isSignedIn(c: Context): Promise<boolean> {
      const token = getCookie(c, cookie.name);
      if (token === undefined) return false;
      const session = await queries
        .selectFrom("sessions")
        .select("hash")
        .where("hash", "=", sha256(token))
        .where("expires_at", ">", now())
        .executeTakeFirst();
      return session !== undefined;
    },

    async end(c: Context): Promise<void> {
      const token = deleteCookie(c, cookie.name, cookie.options);
      if (token === undefined) return;
      await queries.deleteFrom("sessions").where("hash", "=", sha256(token)).execute();
    },
  };
}

/**
 * Browsers bind a `__Host-` cookie to the host that set it, but only over https. Over http all ports of a host share
 * cookies, so two servers on one machine need different names.
 */
function cookieOf(url: string) {
  const { protocol, port } = new URL(url);
  const secure = protocol === "https:";
  return {
    name: secure ? "__Host-deferred" : `deferred_${port || "80"}`,
    options: { path: "/", httpOnly: true, sameSite: "Lax", secure } as const,
  };
}
