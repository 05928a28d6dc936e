import { Hono, type MiddlewareHandler } from "hono";
import type { Database } from "../database/database.ts";
import { createAccess, type Access, type AccessDeps } from "./access.ts";
import { auditRoutes } from "./audit-routes.ts";
import { createAudit } from "./audit.ts";
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
  /** API tokens of projects, and the record of what was done with tokens. */
  tokenRoutes: Hono;
  /** Completes that record. */
  middleware: MiddlewareHandler;
  /** Signing in and out, with the pages that show it. */
  routes(pages: SessionRoutesDeps["pages"]): Hono;
}

/** Authenticates and authorizes callers. */
export function createAccountsPart({ database, projects, url, now }: AccountsDeps): AccountsPart {
  const sessions = createSessions({ database, url, now });
  const audit = createAudit(database, now);
  const access = createAccess({
    projects,
    audit,
    currentUser: sessions.current,
    roleOf: async () => undefined,
    url,
    now,
  });
  return {
    access,
    sessions,
    tokenRoutes: new Hono()
      .route("/", tokenRoutes({ tokens: projects.tokens, access }))
      .route("/", auditRoutes({ audit, access })),
    middleware: audit.middleware(),
    routes: (pages) => sessionRoutes({ sessions, access, url, pages }),
  };
}
