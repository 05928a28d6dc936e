import type { Hono } from "hono";
import type { Database } from "../database/database.ts";
import { createAccess, type Access, type AccessDeps } from "./access.ts";
import { sessionRoutes, type SessionRoutesDeps } from "./session-routes.ts";
import { tokenRoutes } from "./token-routes.ts";
import type { Tokens } from "./tokens.ts";
import { createSessions, type Sessions } from "./sessions.ts";

export interface AccountsDeps {
  database: Database;
  projects: AccessDeps["projects"] & { tokens: Tokens };
  /** The server's public URL. */
  url: string;
  now: () => number;
}

export interface AccountsPart {
  access: Access;
  sessions: Sessions;
  /** API tokens of projects. */
  tokenRoutes: Hono;
  /** Signing in and out, with the pages that show it. */
  routes(pages: SessionRoutesDeps["pages"]): Hono;
}

/** Authenticates and authorizes callers. */
export function createAccountsPart({ database, projects, url, now }: AccountsDeps): AccountsPart {
  const sessions = createSessions({ database, url, now });
  const access = createAccess({ projects, isSignedIn: sessions.isSignedIn });
  return {
    access,
    sessions,
    tokenRoutes: tokenRoutes({ tokens: projects.tokens, access }),
    routes: (pages) => sessionRoutes({ sessions, access, url, pages }),
  };
}
