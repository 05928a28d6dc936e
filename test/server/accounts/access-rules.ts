import { ROLES, SCOPE_OF_ROLE, SCOPES, type Role, type Scope } from "../../../protocol/roles.ts";
import { TOKEN_SCOPES, type TokenScope } from "../../../protocol/tokens.ts";

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
type Rule =
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

/** The pages of a block that is published, and its run. */
function blockPages(path: string): Record<string, Rule> {
  const pages = ["", "/runs/:run", "/artifacts/:artifact{.+}", "/embed", "/image.png"];
  const routes = [...pages.map((page) => `GET ${path}${page}`), `POST ${path}`];
  return Object.fromEntries(routes.map((route) => [route, "open"]));
}

/** Pages of forms for the server's owner, and what they send. */
function operatorForms(...names: string[]): Record<string, Rule> {
  return Object.fromEntries(
    names.flatMap((name): [string, Rule][] => [
      [`GET /operator/${name}`, "session"],
      [`POST /operator/${name}`, "form owner"],
    ]),
  );
}

/** Pages of a project with a form, for people whose role includes the scope, and what the form sends. */
function forms(scope: "run" | "admin" | "own", paths: readonly string[]): Record<string, Rule> {
  return Object.fromEntries(
    paths.flatMap((path): [string, Rule][] => [
      [`GET /projects/:owner/:name${path}`, `page ${scope}`],
      [`POST /projects/:owner/:name${path}`, `form ${scope}`],
    ]),
  );
}

/** The settings pages of a project. */
const SETTINGS_FORMS = [
  "",
  "/branches",
  "/repository",
  "/repository/:credential",
  "/repository/:credential/remove",
  "/webhook/renew",
  "/webhook/github",
  "/secrets",
  "/secrets/:secret/remove",
  "/notices",
  "/notices/webhooks",
  "/notices/webhooks/:id/remove",
  "/keys",
  "/keys/:kid/revoke",
  "/tokens/:id/revoke",
].map((path) => `/settings${path}`);

function closed(below: string, names: string[]): Record<string, Rule> {
  return Object.fromEntries(names.map((name) => [`${below}/${name}`, "closed"]));
}

/** A page with a form. */
function accountPages(paths: string[][]): Record<string, Rule> {
  const rules = paths.flat().map((path): [string, Rule][] => [
    [`GET ${path}`, "open"],
    [`POST ${path}`, "closed"],
  ]);
  return Object.fromEntries(rules.flat());
}

const P = "/v1/projects/:owner/:name";
const PAGE = "/projects/:owner/:name";
export const RULES: Record<string, Rule> = {
  [`POST ${P}/runs`]: "run",
  [`POST ${P}/runs/:id/again`]: "run",
  [`GET ${P}/runs`]: "read",
  [`GET ${P}/commits`]: "read",
  [`GET ${P}/commits/:sha`]: "read",
  [`POST ${P}/wake`]: "run",
  [`POST ${P}/sleep`]: "run",
  [`GET ${P}`]: "read",
  [`GET ${P}?hook_secret=1`]: "admin",
  [`PATCH ${P}`]: "admin",
  [`DELETE ${P}`]: "own",
  [`GET ${P}/secrets`]: "read",
  [`PUT ${P}/secrets/:secret`]: "admin",
  [`DELETE ${P}/secrets/:secret`]: "admin",
  [`GET ${P}/jwks.json`]: "open",
  [`GET ${P}/keys`]: "read by token",
  [`POST ${P}/keys`]: "admin",
  [`DELETE ${P}/keys/:kid`]: "admin",
  [`GET ${P}/revoked-blocks`]: "read by token",
  [`POST ${P}/revoked-blocks`]: "admin",
  [`GET ${P}/blocks`]: "read",
  [`POST ${P}/blocks`]: "admin",
  [`GET ${P}/blocks/:id`]: "read",
  [`PATCH ${P}/blocks/:id`]: "admin",
  [`POST ${P}/block-files`]: "admin",
  [`GET ${P}/deliveries`]: "read",
  [`GET ${P}/deliveries/:id`]: "read",
  [`POST ${P}/deliveries/:id/replay`]: "run",
  [`POST ${P}/deliveries/:id/approve`]: "admin",
  [`GET ${P}/outgoing-hooks`]: "read",
  [`POST ${P}/outgoing-hooks`]: "admin",
  [`DELETE ${P}/outgoing-hooks/:id`]: "admin",
  [`GET ${P}/notices`]: "read",
  "GET /v1/projects": "any project",
  "POST /v1/projects": "owner",
  "GET /v1/removed-projects": "owner",
  "POST /v1/removed-projects/:owner/:name/restore": "owner",
  "GET /v1/tokens": "administered",
  [`GET /v1/tokens?project=${PROJECT}`]: "admin",
  "POST /v1/tokens": "owners",
  [`GET ${P}/members`]: "read",
  [`PUT ${P}/members/:user`]: "own",
  [`DELETE ${P}/members/:user`]: "own",
  [`GET ${P}/invitations`]: "own",
  [`POST ${P}/invitations`]: "own",
  [`DELETE ${P}/invitations/:id`]: "own",
  "GET /v1/whoami": "token",
  "GET /v1/sessions": "person",
  "DELETE /v1/sessions/:id": "person",
  "GET /v1/users": "owner",
  "DELETE /v1/users/:id": "owner",
  "POST /v1/device/code": "open",
  "POST /v1/device/token": "open",
  "GET /v1/audit": "administered",
  [`GET /v1/audit?project=${PROJECT}`]: "admin",
  "DELETE /v1/tokens/:id": "administered",
  "GET /v1/machines": "members",
  [`GET /v1/machines?project=${PROJECT}`]: "read",
  "GET /v1/machines/:id": "members",
  "POST /v1/machines": "owner",
  "POST /v1/machines/:id/start": "owner",
  "POST /v1/machines/:id/stop": "owner",
  "POST /v1/machines/:id/end": "owner",
  "POST /v1/machines/:id/assign": "owner",
  "POST /v1/machines/:id/default": "owner",
  "PATCH /v1/machine-settings": "owner",
  [`PATCH ${P}/machine-settings`]: "owner",
  "POST /v1/backups": "owner",
  "POST /v1/sign-in-links": "owner",

  "GET /v1/runs/:id": "run of read",
  "GET /v1/runs/:id/events": "run of read",
  "GET /v1/events?runs=:id:0": "run of read",
  "GET /v1/runs/:id/result": "run of read",
  "GET /v1/runs/:id/artifacts/:attempt/:name{.+}": "run of read",
  "GET /v1/runs/:id/document": "run of read",
  "DELETE /v1/runs/:id": "run of run",

  [`GET ${PAGE}/badge.svg`]: "read",
  [`GET ${PAGE}/feed.atom`]: "read",
  [`GET ${PAGE}/runs/:id/live`]: "read",
  [`GET ${PAGE}/runs/:id/log`]: "read",
  [`GET ${PAGE}`]: "page",
  [`GET ${PAGE}/runs`]: "page",
  [`GET ${PAGE}/commits/:sha`]: "page",
  [`GET ${PAGE}/runs/:id`]: "page",
  [`GET ${PAGE}/deliveries`]: "page",
  [`GET ${PAGE}/deliveries/:id`]: "page",
  [`GET ${PAGE}/notices`]: "page",
  [`GET ${PAGE}/blocks`]: "page",
  [`GET ${PAGE}/blocks/:id`]: "page",
  [`GET ${PAGE}/blocks/:id/revoke`]: "page admin",
  [`POST ${PAGE}/blocks/:id/publish`]: "form admin",
  [`POST ${PAGE}/blocks/:id/unpublish`]: "form admin",
  [`POST ${PAGE}/blocks/:id/revoke`]: "form admin",
  [`GET ${PAGE}/sign`]: "page admin",
  [`POST ${PAGE}/sign`]: "form admin",
  [`POST ${PAGE}/sign/keys`]: "form admin",
  [`POST ${PAGE}/sign/token`]: "form admin",
  [`POST ${PAGE}/sign/files`]: "form admin",
  [`POST ${PAGE}/sign/files/:block`]: "form admin",

  "GET /projects/new": "session",
  "POST /projects/new": "form owner",
  "GET /projects/removed": "signed in",
  ...forms("run", ["/run", "/runs/:id/cancel"]),
  ...forms("admin", SETTINGS_FORMS),
  ...forms("own", ["/settings/tokens/new", "/settings/remove"]),
  [`GET ${PAGE}/settings/webhook`]: "page admin",
  [`GET ${PAGE}/settings/schedules`]: "page admin",
  [`GET ${PAGE}/settings/tokens`]: "page admin",
  [`POST ${PAGE}/restore`]: "form own",
  [`POST ${PAGE}/runs/:id/again`]: "form run",
  [`POST ${PAGE}/deliveries/:id/replay`]: "form run",
  [`POST ${PAGE}/deliveries/:id/approve`]: "form admin",
  [`POST ${PAGE}/settings/schedules/:position/run`]: "form run",
  [`GET ${PAGE}/machines`]: "page",
  [`GET ${PAGE}/machines/settings`]: "page owner",
  [`POST ${PAGE}/machines/settings`]: "form owner",
  [`GET ${PAGE}/members`]: "page read",
  [`POST ${PAGE}/members`]: "form own",
  [`POST ${PAGE}/members/:user`]: "form own",
  [`GET ${PAGE}/members/:user/remove`]: "page own",
  [`POST ${PAGE}/members/:user/remove`]: "form own",
  [`POST ${PAGE}/invitations/:id/withdraw`]: "form own",
  [`GET ${PAGE}/audit`]: "page admin",
  [`GET ${PAGE}/audit.csv`]: "page admin",
  "GET /operator/users": "session",
  ...operatorForms("users/:id/remove"),
  "GET /operator/audit": "session",
  "GET /operator/audit.csv": "session",
  "GET /invitations/:code": "open",
  "POST /invitations/:code": "form account",
  "GET /device": "signed in",
  "POST /device": "form account",

  "GET /operator": "session",
  "POST /operator/checks": "form owner",
  "POST /operator/faults/seen": "form owner",
  ...operatorForms("machine/add", "machine/settings"),
  "GET /operator/machines": "session",
  "GET /operator/machines/:id": "session",
  ...operatorForms("machines/:id/end"),
  "POST /operator/machines/:id/start": "form owner",
  "POST /operator/machines/:id/stop": "form owner",
  "POST /operator/machines/:id/default": "form owner",
  "POST /operator/machines/:id/assign": "form owner",
  ...closed("POST /v1/responder", ["progress", "register", "claim", "renew", "leave"]),
  ...closed("POST /v1/responder/runs/:run", ["started", "output", "artifacts", "finish"]),
  ...closed("POST /v1/responder/runs/:run", ["checkout", "caches", "caches/save"]),
  "POST /v1/hooks/github/:hook": "closed",
  "POST /v1/hooks/gitlab/:hook": "closed",
  "POST /v1/hooks/generic/:hook": "closed",
  "PUT /v1/uploads/:key{.+}": "closed",
  "PUT /v1/uploads/*": "closed",
  "GET /private/:key{.+}": "closed",
  "GET /private/*": "closed",
  "GET /blocks/:key{.+}": "closed",
  "GET /blocks/*": "closed",

  "POST /v1/runs": "open",
  "GET /v1/results": "open",
  "POST /v1/wake": "open",
  "POST /v1/blocks/checks": "open",
  "GET /v1/runtimes": "open",
  "GET /v1/gists/:user/:id": "open",
  "GET /results/:run/result.json": "open",
  "GET /results/:run/:attempt/:name{.+}": "open",
  "GET /results/*": "open",
  "GET /healthz": "open",
  "GET /readyz": "open",
  "GET /openapi.json": "open",
  "GET /.well-known/jwks.json": "open",
  "GET /metrics": "open",
  "GET /projects": "open",
  "GET /projects/:owner": "open",
  "GET /": "open",
  "GET /docs": "open",
  "GET /examples": "open",
  "GET /docs/search": "open",
  "GET /docs/api/errors": "open",
  "GET /docs/api/:tag": "open",
  "GET /docs/:guide{.+}": "open",
  "GET /gallery": "open",
  "GET /gallery/files/:name": "open",
  "GET /gallery/played/:server/v1/runs/:run/document": "open",
  "GET /deferred-runner.js": "open",
  "GET /v/:build/deferred-runner.js": "open",
  "GET /v/:build/v/:part": "open",
  "GET /v/:part": "open",
  "GET /v/:retry{~[0-9]{1,3}}/:part": "open",
  "GET /runs/:id": "open",
  "GET /runs/:id/live": "open",
  "GET /oembed": "open",
  "GET /sign-in/:code": "open",
  "GET /sign-out": "open",
  "GET /account/prove": "open",
  // Pages of accounts lead strangers to /sign-in. Their forms take a session, or for strangers a page of this server.
  ...accountPages([
    ["/sign-in", "/sign-up", "/sign-up/:code", "/reset-password", "/reset-password/:code"],
    ["/confirm-email/:code", "/account/welcome", "/account/email", "/account/password"],
    ["/account/passkeys/:id", "/account/delete"],
  ]),
  "GET /account": "open",
  "GET /account/passkeys/new": "open",
  ...closed("POST /auth", ["passkey", "passkey/challenge"]),
  ...closed("POST /account", ["name", "github", "passkeys"]),
  "POST /account/passkeys/challenge": "form account",
  "POST /account/sessions/:id": "form account",
  "POST /account/logins/:id": "form account",
  ...closed("POST /account", ["passkeys/:id/remove", "prove/password", "prove/passkey"]),
  "POST /sign-out": "open",
  ...blockPages("/:owner/:name/blocks/:block"),
  "GET /:owner/:name/blocks/:block{[0-9a-z-]+\\.js}": "open",
  ...blockPages("/gists/:user/:id"),
  ...blockPages("/gists/:user/:id/files/:file"),
  // The last one: it ends logins.
  "DELETE /v1/whoami": "person",
};
/** Who may make projects where DEFERRED_NEW_PROJECTS is `users`; where it is `owner`, `RULES` says so. */
export const RULES_OF_USERS: Record<string, Rule> = {
  "POST /v1/projects": "person by token",
  "GET /projects/new": "signed in",
  "POST /projects/new": "form account",
};

/** Files that have no parameters. Hashes in their names change with each build. */
export const ASSETS = /^GET \/assets\/[^:*]+$/;

/** Addresses of objects that are not there: who passes gets a page that says so. */
export const NOT_THERE = /:(sha|user|code|id\b(?!\/live|\/log)|kid|credential|secret)/;

const LOW = "403 token_scope_low";
const MISSING = "401 token_missing";
const SIGN_IN = "401 page";
const HIDDEN = "404 page";

type Outcomes = Record<Caller, string>;

/** The same outcome for each caller, and others for some. */
function outcomes(all: string, some: Partial<Outcomes>): Outcomes {
  const tokens = TOKEN_SCOPES.flatMap((one): Caller[] => [one, `foreign ${one}`]);
  const callers: Caller[] = ["owner", ...tokens, "expired", "revoked", "none"];
  const people = MEMBERSHIPS.flatMap((one): Caller[] => [`login ${one}`, `session ${one}`]);
  return {
    ...(Object.fromEntries(
      [...callers, "session", ...people].map((caller) => [caller, all]),
    ) as Outcomes),
    ...some,
  };
}

function ofTokens(outcomeOf: (scope: TokenScope) => string): Partial<Outcomes> {
  return Object.fromEntries(TOKEN_SCOPES.map((scope) => [scope, outcomeOf(scope)]));
}

function ofForeignTokens(outcome: string): Partial<Outcomes> {
  return Object.fromEntries(TOKEN_SCOPES.map((scope) => [`foreign ${scope}`, outcome]));
}

function ofPeople(
  kind: "login" | "session",
  outcomeOf: (membership: Membership) => string,
): Partial<Outcomes> {
  return Object.fromEntries(MEMBERSHIPS.map((one) => [`${kind} ${one}`, outcomeOf(one)]));
}

const WRONG = { expired: "401 token_wrong", revoked: "401 token_wrong" };

const isOutside = (one: Membership) => one === "stranger" || foreignRole(one) !== undefined;

/** Whether a member's role includes the scope. */
function mayBy(one: Membership, scope: Scope): boolean {
  const role = ROLES.find((name) => name === one);
  return role !== undefined && SCOPES.indexOf(SCOPE_OF_ROLE[role]) >= SCOPES.indexOf(scope);
}

/** How each caller is answered: `passes`, or status and code of the refusal. */
export function expected(route: string, rule: Rule): Outcomes {
  const isRead = route.startsWith("GET ");
  const passes = () => "passes";
  switch (rule) {
    case "session":
      return outcomes(SIGN_IN, { session: "passes", ...ofPeople("session", () => HIDDEN) });
    case "signed in":
    case "form account":
      return outcomes(SIGN_IN, { session: "passes", ...ofPeople("session", passes) });
    case "form owner":
      return outcomes(SIGN_IN, { session: "passes", ...ofPeople("session", () => HIDDEN) });
    case "form":
      return outcomes(SIGN_IN, {
        session: "passes",
        ...ofPeople("session", (one) => (isOutside(one) ? HIDDEN : "by its scope")),
      });
    case "page":
      return outcomes("passes", {
        ...ofForeignTokens(SIGN_IN),
        ...{ none: SIGN_IN, expired: SIGN_IN, revoked: SIGN_IN },
        ...ofPeople("login", (one) => (isOutside(one) ? SIGN_IN : "passes")),
        ...ofPeople("session", (one) => (isOutside(one) ? HIDDEN : "passes")),
      });
    case "page owner":
      return outcomes(HIDDEN, {
        ...ofForeignTokens(SIGN_IN),
        ...{ none: SIGN_IN, expired: SIGN_IN, revoked: SIGN_IN },
        ...ofPeople("login", (one) => (isOutside(one) ? SIGN_IN : HIDDEN)),
        session: "passes",
      });
    case "owner":
      return outcomes(LOW, {
        ...{ owner: "passes", none: MISSING, session: MISSING, ...WRONG },
        ...ofPeople("session", () => MISSING),
      });
    case "any project":
      return outcomes("passes", WRONG);
    case "members":
      return outcomes("passes", { none: MISSING, ...WRONG });
    case "token":
      return outcomes("passes", {
        ...{ none: MISSING, session: MISSING, ...WRONG },
        ...ofPeople("session", () => MISSING),
      });
    case "person by token":
    case "person":
      return outcomes(isRead ? "passes" : MISSING, {
        ...{ owner: "passes", none: MISSING, ...WRONG },
        ...ofForeignTokens(LOW),
        ...ofTokens(() => LOW),
        ...ofPeople("login", passes),
      });
    case "administered":
      return outcomes(LOW, {
        ...{ owner: "passes", admin: "passes", "foreign admin": "passes" },
        ...{ none: MISSING, session: MISSING, ...WRONG },
        ...ofPeople("session", () => MISSING),
      });
    default:
  }
  const [kind, scope] = scopeIn(rule);
  if (kind === "form" || kind === "page") {
    const low = kind === "form" ? "403 page" : HIDDEN;
    return outcomes(SIGN_IN, {
      session: "passes",
      ...ofPeople("session", (one) =>
        isOutside(one) ? HIDDEN : mayBy(one, scope) ? "passes" : low,
      ),
    });
  }
  const hidden = kind === "run of" ? "404 run_not_found" : "404 project_not_found";
  const readsBySession = isRead && scope === "read" && kind !== "by token";
  return outcomes("passes", {
    ...{ none: MISSING, ...WRONG, session: readsBySession ? "passes" : MISSING },
    ...ofForeignTokens(kind === "owners" ? LOW : hidden),
    ...ofTokens((given) =>
      (SCOPES as readonly string[]).indexOf(given) < SCOPES.indexOf(scope) ? LOW : "passes",
    ),
    ...ofPeople("login", (one) => (isOutside(one) ? hidden : mayBy(one, scope) ? "passes" : LOW)),
    ...ofPeople("session", (one) =>
      !readsBySession ? MISSING : isOutside(one) ? hidden : "passes",
    ),
  });
}

/** The scope that a rule names, and how. */
function scopeIn(rule: Rule): [kind: string, scope: Scope] {
  if (rule === "owners") return ["owners", "own"];
  for (const scope of SCOPES) {
    if (rule === scope) return ["scope", scope];
    if (rule === `form ${scope}`) return ["form", scope];
    if (rule === `page ${scope}`) return ["page", scope];
    if (rule === `run of ${scope}`) return ["run of", scope];
    if (rule === `${scope} by token`) return ["by token", scope];
  }
  throw new Error(`no outcome for ${rule}`);
}
