import { TOKEN_SCOPES, type TokenScope } from "../../../protocol/tokens.ts";

/** Its removal is refused after the authorization, so that every caller can try. */
export const PROJECT = "local/demo";

export type Caller = "owner" | TokenScope | "other" | "expired" | "revoked" | "session" | "none";
/**
 * Who may call a route. A scope: tokens of the project with at least that; a session too if it is `read` or `run of
 * read`, unless the rule is `read by token`. `run of`: the same, for a run's id. `page`: a page that asks others to
 * sign in. `session`: such a page for sessions alone. `owner`: the owner's token alone. `own`: what is shown depends on
 * the token. `administered`: like `own`, for the scope admin. `members`: like `own`, but nothing is public. `closed`: neither an API token nor a session opens it.
 * `open`: anybody.
 */
type Rule =
  | TokenScope
  | `run of ${TokenScope}`
  | "read by token"
  | "page"
  | "session"
  | "owner"
  | "own"
  | "administered"
  | "members"
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
      [`POST /operator/${name}`, "closed"],
    ]),
  );
}

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
  [`GET ${P}/runs`]: "read",
  [`GET ${P}/commits`]: "read",
  [`GET ${P}/commits/:sha`]: "read",
  [`POST ${P}/wake`]: "run",
  [`POST ${P}/sleep`]: "run",
  [`GET ${P}`]: "read",
  [`GET ${P}?hook_secret=1`]: "admin",
  [`PATCH ${P}`]: "admin",
  [`DELETE ${P}`]: "admin",
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
  "GET /v1/projects": "own",
  "POST /v1/projects": "owner",
  "GET /v1/tokens": "administered",
  [`GET /v1/tokens?project=${PROJECT}`]: "admin",
  "POST /v1/tokens": "owner",
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
  [`GET ${PAGE}/blocks/:id/revoke`]: "session",
  [`POST ${PAGE}/blocks/:id/publish`]: "closed",
  [`POST ${PAGE}/blocks/:id/unpublish`]: "closed",
  [`POST ${PAGE}/blocks/:id/revoke`]: "closed",
  [`GET ${PAGE}/sign`]: "session",
  [`POST ${PAGE}/sign`]: "closed",
  [`POST ${PAGE}/sign/keys`]: "closed",

  [`GET ${PAGE}/machines`]: "page",
  [`GET ${PAGE}/machines/settings`]: "page",
  [`POST ${PAGE}/machines/settings`]: "closed",
  "GET /operator": "session",
  ...operatorForms("machine/add", "machine/settings"),
  "GET /operator/machines": "session",
  "GET /operator/machines/:id": "session",
  ...operatorForms("machines/:id/end"),
  "POST /operator/machines/:id/start": "closed",
  "POST /operator/machines/:id/stop": "closed",
  "POST /operator/machines/:id/default": "closed",
  "POST /operator/machines/:id/assign": "closed",
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
  ...closed("POST /account", ["name", "github", "passkeys", "passkeys/challenge"]),
  ...closed("POST /account", ["passkeys/:id/remove", "prove/password", "prove/passkey"]),
  "POST /sign-out": "open",
  ...blockPages("/:owner/:name/blocks/:block"),
  "GET /:owner/:name/blocks/:block{[0-9a-z-]+\\.js}": "open",
  ...blockPages("/gists/:user/:id"),
  ...blockPages("/gists/:user/:id/files/:file"),
};
/** Files that have no parameters. Hashes in their names change with each build. */
export const ASSETS = /^GET \/assets\/[^:*]+$/;

/** A session grants reads alone: browsers send its cookie by themselves. */
function readsBySession(route: string, rule: Rule): boolean {
  const isRead =
    rule === "read" ||
    rule === "run of read" ||
    rule === "page" ||
    rule === "own" ||
    rule === "members";
  return isRead && route.startsWith("GET ");
}

/** How each caller is answered: `passes`, or status and code of the refusal. */
export function expected(route: string, rule: Rule): Record<Caller, string> {
  const session = readsBySession(route, rule) ? "passes" : "401 token_missing";
  const refused = {
    session,
    none: "401 token_missing",
    expired: "401 token_wrong",
    revoked: "401 token_wrong",
  };
  const all = (outcome: string) => ({
    owner: outcome,
    admin: outcome,
    run: outcome,
    read: outcome,
  });
  const low = "403 token_scope_low";
  const signIn = "401 page";
  if (rule === "session") {
    const others = { other: signIn, none: signIn, expired: signIn, revoked: signIn };
    return { ...all(signIn), ...others, session: "passes" };
  }
  if (rule === "page") {
    return {
      ...all("passes"),
      session,
      other: signIn,
      none: signIn,
      expired: signIn,
      revoked: signIn,
    };
  }
  if (rule === "owner") return { ...refused, ...all(low), other: low, owner: "passes" };
  if (rule === "own") return { ...refused, ...all("passes"), other: "passes", none: "passes" };
  if (rule === "members") return { ...refused, ...all("passes"), other: "passes" };
  if (rule === "administered") {
    return { ...refused, ...all("passes"), other: "passes", run: low, read: low };
  }
  const scope = TOKEN_SCOPES.find((one) =>
    [one, `run of ${one}`, `${one} by token`].includes(rule),
  );
  if (scope === undefined) throw new Error(`no outcome for ${rule}`);
  const allowed = (given: TokenScope) =>
    TOKEN_SCOPES.indexOf(given) < TOKEN_SCOPES.indexOf(scope) ? low : "passes";
  return {
    ...refused,
    owner: "passes",
    admin: "passes",
    run: allowed("run"),
    read: allowed("read"),
    other:
      rule === scope || rule === "read by token" ? "404 project_not_found" : "404 run_not_found",
  };
}
