import { Hono, type MiddlewareHandler } from "hono";
import type { Logger } from "pino";
import type { Database } from "../database/database.ts";
import type { Mailer } from "../mail/mailer.ts";
import type { PeopleSettings } from "../settings/people.ts";
import type { AccessDeps } from "./access/checks.ts";
import { createAccess, type Access } from "./access.ts";
import { auditRoutes } from "./audit-routes.ts";
import { createAudit, type Audit } from "./audit.ts";
import { createDeviceLogins, type DeviceLogins } from "./device/logins.ts";
import { deviceRoutes, type DeviceRoutesDeps } from "./device/routes.ts";
import { createLeavers, type Leavers } from "./leavers.ts";
import { createFailedSignIns, type FailedSignIns } from "./failed-sign-ins.ts";
import { createInvitations, type Invitations } from "./members/invitations.ts";
import { createInvite, type Invite } from "./members/invite.ts";
import { createMembers, type Members } from "./members/members.ts";
import { memberRoutes } from "./members/routes.ts";
import { peopleRoutes } from "./people-routes.ts";
import { createSessionList, type SessionList } from "./session-list.ts";
import { sessionRoutes, type SessionRoutesDeps } from "./session-routes.ts";
import { tokenRoutes } from "./token-routes.ts";
import type { Tokens } from "./tokens.ts";
import type { UserTokens } from "./user-tokens.ts";
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
  callers: DeviceRoutesDeps["callers"];
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
  isInvitation: Invitations["isValid"];
  /** Removes a user with all that is theirs. */
  removeUser: (id: string) => Promise<void>;
  members: Members;
  invitations: Invitations;
  invite: Invite;
  /** Logins of devices that wait for their approval. */
  logins: DeviceLogins;
  sessionList: SessionList;
  /** API tokens of users. */
  userTokens: UserTokens;
  leavers: Leavers;
  failedSignIns: FailedSignIns;
  audit: Pick<Audit, "list" | "namesOf">;
  /** API tokens of projects, and the audit log. */
  tokenRoutes: Hono;
  /** Completes the entries of the audit log. */
  middleware: MiddlewareHandler;
  /** Signing in and out, with the pages that show it. */
  routes(pages: SessionRoutesDeps["pages"]): Hono;
}

/** Authenticates and authorizes callers. */
export function createAccountsPart(deps: AccountsDeps): AccountsPart {
  const { database, projects, url, now } = deps;
  const people = createUsersPart(deps);
  const { users } = people;
  const audit = createAudit(database, now);
  const sessions = createSessions({ database, audit, url, now });
  const members = createMembers(database, now);
  const invitations = createInvitations({ database, members, url, now });
  const { tokens } = projects;
  const { current: currentUser } = sessions;
  const access = createAccess({
    ...{ projects, audit, currentUser, members, url, now },
    newProjects: deps.people.newProjects,
  });
  const invite = createInvite({ invitations, mails: people.mails });
  const logins = createDeviceLogins(now);
  const sessionList = createSessionList(database, now);
  const leavers = createLeavers(database);
  return {
    access,
    people,
    sessions,
    isInvitation: invitations.isValid,
    removeUser: leavers.remove,
    members,
    invitations,
    invite,
    logins,
    sessionList,
    userTokens: tokens,
    failedSignIns: createFailedSignIns(database, now, deps.log),
    leavers,
    audit,
    tokenRoutes: new Hono()
      .route("/", tokenRoutes({ tokens, access }))
      .route("/", auditRoutes({ audit, access }))
      .route("/", memberRoutes({ members, invitations, invite, access }))
      .route("/", peopleRoutes({ access, tokens, sessionList, leavers }))
      .route("/", deviceRoutes({ logins, tokens, callers: deps.callers, url })),
    middleware: audit.middleware(),
    routes: (pages) => sessionRoutes({ sessions, users, access, url, pages }),
  };
}
