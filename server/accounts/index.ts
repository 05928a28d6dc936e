import { Hono, type MiddlewareHandler } from "hono";
import type { Logger } from "pino";
import type { Database } from "../database/database.ts";
import type { Mailer } from "../mail/mailer.ts";
import type { PeopleSettings } from "../settings/people.ts";
import { createAccess, type Access, type AccessDeps } from "./access.ts";
import { auditRoutes } from "./audit-routes.ts";
import { createAudit } from "./audit.ts";
import { sessionRoutes, type SessionRoutesDeps } from "./session-routes.ts";
import { tokenRoutes } from "./token-routes.ts";
import type { Tokens } from "./tokens.ts";
import { createUsersPart, type UsersPart } from "./users/index.ts";
import { createSessions, type Sessions } from "./sessions.ts";

export interface AccountsDeps {
  database: Database;
  projects: AccessDeps["projects"] & { tokens: Tokens };
  /** Absent: no mails are sent. */
  mailer: Mailer | undefined;
  people: PeopleSettings;
  /** Master key. */
  secret: string;
  /** The server's public URL. */
  url: string;
  now: () => number;
  /** A clock that never jumps, in milliseconds. */
  steady: () => number;
  log: Logger;
}

export interface AccountsPart {
  access: Access;
  /** Users and the ways in which they sign in. */
  people: UsersPart;
  sessions: Sessions;
  /** Whether the code of an invitation to a project works. */
  isInvitation: (code: string) => Promise<boolean>;
  /** Removes a user with all that is theirs. */
  removeUser: (id: string) => Promise<void>;
  /** API tokens of projects, and the record of what was done with tokens. */
  tokenRoutes: Hono;
  /** Completes that record. */
  middleware: MiddlewareHandler;
  /** Signing in and out, with the pages that show it. */
  routes(pages: SessionRoutesDeps["pages"]): Hono;
}

/** Authenticates and authorizes callers. */
export function createAccountsPart(deps: AccountsDeps): AccountsPart {
  const { database, projects, url, now } = deps;
  const people = createUsersPart(deps);
  const { users } = people;
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
    people,
    sessions,
    isInvitation: async () => false,
    removeUser: users.remove,
    tokenRoutes: new Hono()
      .route("/", tokenRoutes({ tokens: projects.tokens, access }))
      .route("/", auditRoutes({ audit, access })),
    middleware: audit.middleware(),
    routes: (pages) => sessionRoutes({ sessions, users, access, url, pages }),
  };
}
