import { ROLES, type Role, type Scope } from "../../../protocol/roles.ts";
import type { TokenScope } from "../../../protocol/tokens.ts";

/** Its removal is refused after the authorization, so that every caller can try. */
export const PROJECT = "local/demo";

/** Of the project, of another one, or of none. */
export type Membership = Role | Foreign | "stranger";
export const MEMBERSHIPS: readonly Membership[] = [
  ...ROLES,
  ...ROLES.map((role): Foreign => `foreign ${role}`),
  "stranger",
];
/** Has that role in another project. */
type Foreign = `foreign ${Role}`;

/** The role of a member of another project. */
export function foreignRole(one: Membership): Role | undefined {
  return ROLES.find((role) => one === `foreign ${role}`);
}

export type Caller =
  | "owner"
  | TokenScope
  /** A token of another project. */
  | `foreign ${TokenScope}`
  | "expired"
  | "revoked"
  | "none"
  /** The session of the server's owner. */
  | "session"
  /** A token that a user got by a login. */
  | `login ${Membership}`
  | `session ${Membership}`;

/**
 * Who may call a route. A scope: tokens of the project with at least that, logins with such a role; a session too if
 * it is `read` or `run of read`, unless the rule is `read by token`. `run of`: the same, for a run's id. `page`: a page
 * that asks others to sign in. `page admin`, and so on: for sessions with that scope alone; `page owner` and
 * `session`: for that of the server's owner alone, `signed in`: for every one. `form` and a scope, `form owner`, `form account`: what such pages
 * send; `form`: by a scope that the route states. `owner`: the token of the server's owner alone. `owners`: also
 * logins of owners of the project.  `person`: logins, and sessions that read; `person by token`: logins
 * alone. `token`: any token.
 * `closed`: neither an API token nor a session opens it. `open`: anybody.
 */
export type Rule =
  | Scope
  | `run of ${TokenScope}`
  | "read by token"
  | "page"
  | `page ${Scope}`
  | "page owner"
  | "session"
  | "signed in"
  | "form"
  | `form ${Scope}`
  | "form owner"
  | "form account"
  | "owner"
  | "owners"
  | "any project"
  | "administered"
  | "members"
  | "person"
  | "person by token"
  | "token"
  | "closed"
  | "open";
