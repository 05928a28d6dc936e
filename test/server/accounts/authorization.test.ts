import { expect, onTestFinished, test, vi } from "vitest";
import { paths } from "../../../protocol/paths.ts";
import type { RunCreated } from "../../../protocol/run.ts";
import { TOKEN_SCOPES, type TokenScope } from "../../../protocol/tokens.ts";
import { startSystem } from "../system.ts";
import { makeToken } from "./make-token.ts";

/** Its removal is refused after the authorization, so that every caller can try. */
const PROJECT = "local/demo";
const OTHER = "eve/other";

type Caller = "owner" | TokenScope | "other" | "expired" | "revoked" | "none";
/**
 * Who may call a route. A scope: tokens of the project with at least that. `run of`: the same, for a run's id. `page`:
 * a page that asks others to sign in. `owner`: the owner's token alone. `own`: what is shown depends on the token.
 * `administered`: like `own`, for the scope admin. `closed`: no API token opens it. `open`: anybody.
 */
type Rule =
  | TokenScope
  | `run of ${TokenScope}`
  | "page"
  | "owner"
  | "own"
  | "administered"
  | "closed"
  | "open";

function closed(below: string, names: string[]): Record<string, Rule> {
  return Object.fromEntries(names.map((name) => [`${below}/${name}`, "closed"]));
}

const P = "/v1/projects/:owner/:name";
const PAGE = "/projects/:owner/:name";
const RULES: Record<string, Rule> = {
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
  [`GET ${P}/keys`]: "read",
  [`POST ${P}/keys`]: "admin",
  [`DELETE ${P}/keys/:kid`]: "admin",
  [`GET ${P}/revoked-blocks`]: "read",
  [`POST ${P}/revoked-blocks`]: "admin",
  [`GET ${P}/blocks`]: "read",
  [`POST ${P}/blocks`]: "admin",
  [`GET ${P}/blocks/:id`]: "read",
  [`PATCH ${P}/blocks/:id`]: "admin",
  [`POST ${P}/block-files`]: "admin",
  [`GET ${P}/deliveries`]: "read",
  [`GET ${P}/deliveries/:id`]: "read",
  [`POST ${P}/deliveries/:id/replay`]: "run",
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
  [`GET ${PAGE}`]: "page",
  [`GET ${PAGE}/runs`]: "page",
  [`GET ${PAGE}/commits/:sha`]: "page",
  [`GET ${PAGE}/runs/:id`]: "page",
  [`GET ${PAGE}/deliveries`]: "page",
  [`GET ${PAGE}/deliveries/:id`]: "page",
  [`GET ${PAGE}/notices`]: "page",

  "GET /operator": "closed",
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
};
/** Routes of pages and files that belong to no private project. */
const PUBLIC =
  /^(?:GET|POST) (?:\/|\/(?:sign-(?:in|out)|docs|gallery|assets|v|oembed|gists|deferred-runner\.js|:owner\/:name\/blocks)(?:\/.*)?)$/;

function expected(rule: Rule): Record<Caller, string> {
  const refused = {
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
  if (rule === "page") {
    const signIn = "401 page";
    return { ...all("passes"), other: signIn, none: signIn, expired: signIn, revoked: signIn };
  }
  if (rule === "owner") return { ...refused, ...all(low), other: low, owner: "passes" };
  if (rule === "own") return { ...refused, ...all("passes"), other: "passes", none: "passes" };
  if (rule === "administered") {
    return { ...refused, ...all("passes"), other: "passes", run: low, read: low };
  }
  const scope = TOKEN_SCOPES.find((one) => rule === one || rule === `run of ${one}`);
  if (scope === undefined) throw new Error(`no outcome for ${rule}`);
  const allowed = (given: TokenScope) =>
    TOKEN_SCOPES.indexOf(given) < TOKEN_SCOPES.indexOf(scope) ? low : "passes";
  return {
    ...refused,
    owner: "passes",
    admin: "passes",
    run: allowed("run"),
    read: allowed("read"),
    other: rule === scope ? "404 project_not_found" : "404 run_not_found",
  };
}

const REFUSALS = ["token_missing", "token_wrong", "token_scope_low", "project_not_found"];

/** How a request was refused; `passes` if it was not, whatever else it lacked. */
async function outcomeOf(response: Response): Promise<string> {
  const type = response.headers.get("content-type") ?? "";
  if (!type.startsWith("application/problem+json")) {
    await response.body?.cancel();
    return response.status === 401 ? "401 page" : "passes";
  }
  const { code } = (await response.json()) as { code: string };
  const isRefusal = REFUSALS.includes(code) || code === "run_not_found";
  return isRefusal ? `${response.status} ${code}` : "passes";
}

async function startWithCallers() {
  const system = await startSystem();
  const owner = system.ownerToken.trim();
  const own = async (method: string, path: string, body?: unknown) => {
    const headers = { authorization: `Bearer ${owner}` };
    const response = await system.call(method, path, body, headers);
    if (!response.ok) throw new Error(await response.text());
    return response;
  };
  await own("POST", paths.projects, { slug: OTHER });
  await own("PATCH", paths.project(PROJECT), { repository: "https://8.8.8.8/a/demo.git" });
  const make = async (project: string, scope: TokenScope, more: object = {}) =>
    makeToken(system, { project, scope, ...more });
  const expired = await make(PROJECT, "admin", { expires_s: 60 });
  const revoked = await make(PROJECT, "admin");
  await own("DELETE", paths.token(revoked.id));
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 61_000 });
  onTestFinished(() => void vi.useRealTimers());
  const tokens: Record<Caller, string | undefined> = {
    owner,
    admin: (await make(PROJECT, "admin")).token,
    run: (await make(PROJECT, "run")).token,
    read: (await make(PROJECT, "read")).token,
    other: (await make(OTHER, "admin")).token,
    expired: expired.token,
    revoked: revoked.token,
    none: undefined,
  };
  const started = await own("POST", paths.projectRuns(PROJECT), {});
  const run = ((await started.json()) as RunCreated).id;
  const fill = (path: string) =>
    path
      .replace(":owner/:name", PROJECT)
      .replace(/(\/v1\/runs|\/projects\/.*\/runs)\/:id/, `$1/${run}`)
      .replace("runs=:id", `runs=${run}`)
      .replace(":sha", "a".repeat(40))
      .replace(":attempt", "1")
      .replace(/:\w+(\{\.\+\})?|\*/g, (name) => (name === ":0" ? name : "A"));
  const outcome = async (route: string, caller: Caller) => {
    const [method = "", path = ""] = route.split(" ");
    const token = tokens[caller];
    const headers: Record<string, string> =
      token === undefined ? {} : { authorization: `Bearer ${token}` };
    return system.call(method, fill(path), undefined, headers);
  };
  return { system, outcome, callers: Object.keys(tokens) as Caller[] };
}

test("each route gives each caller what its rule says, and every route has a rule", async () => {
  const { system, outcome, callers } = await startWithCallers();
  const routes = system.app.routes
    .filter(({ method }) => method !== "ALL")
    .map(({ method, path }) => `${method} ${path}`);
  const withoutRule = routes.filter((route) => !(route in RULES) && !PUBLIC.test(route));
  const named = Object.keys(RULES).map((route) => route.replace(/\?.*/, ""));
  expect([...new Set(withoutRule)].filter((route) => !named.includes(route))).toEqual([]);
  expect(named.filter((route) => !routes.includes(route))).toEqual([]);

  const wrong: string[] = [];
  for (const [route, rule] of Object.entries(RULES)) {
    for (const caller of callers) {
      const response = await outcome(route, caller);
      const found = await outcomeOf(response);
      const { status } = response;
      if (rule === "closed" && status >= 400 && status < 500) continue;
      if (rule === "open" && !/40[13] token/.test(found)) continue;
      const wanted = rule === "closed" || rule === "open" ? rule : expected(rule)[caller];
      if (found !== wanted) wrong.push(`${route} by ${caller}: ${found}, not ${wanted}`);
    }
  }
  expect(wrong).toEqual([]);
});
