import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { pagePaths, paths } from "../../../protocol/paths.ts";
import type { RunCreated } from "../../../protocol/run.ts";
import type { TokenScope } from "../../../protocol/tokens.ts";
import { newId, sha256 } from "../../../server/database/ids.ts";
import { openSqlite } from "../../../server/database/sqlite.ts";
import { signIn } from "../sign-in.ts";
import { startSystem, type System } from "../system.ts";
import {
  foreignRole,
  MEMBERSHIPS,
  PROJECT,
  type Caller,
  type Membership,
} from "./access-callers.ts";
import { expected } from "./access-outcomes.ts";
import { ASSETS, NOT_THERE, RULES, RULES_OF_USERS } from "./access-rules.ts";
import { logIn } from "./log-in.ts";
import { makeToken } from "./make-token.ts";

const OTHER = "eve/other";

const REFUSALS = ["token_missing", "token_wrong", "token_scope_low", "project_not_found"];
const SAME_ORIGIN = { "sec-fetch-site": "same-origin" };

/** A route of pages that takes forms by session. */
const isForm = (route: string) =>
  /^POST \/(projects|operator|invitations|device|account)(\/|$)/.test(route);

/** How a request was refused; `passes` if it was not, whatever else it lacked. */
async function outcomeOf(response: Response): Promise<string> {
  const type = response.headers.get("content-type") ?? "";
  if (!type.startsWith("application/problem+json")) {
    await response.body?.cancel();
    const leadsTo = response.headers.get("location") ?? "";
    if (leadsTo.startsWith(pagePaths.signInPage)) return "401 page";
    const isRefusal = type.startsWith("text/html") && [401, 403, 404].includes(response.status);
    return isRefusal ? `${response.status} page` : "passes";
  }
  const { code } = (await response.json()) as { code: string };
  // What scripts of pages send is answered without a page.
  if (code === "session_missing") return "401 page";
  const isRefusal = REFUSALS.includes(code) || code === "run_not_found";
  return isRefusal ? `${response.status} ${code}` : "passes";
}

/** A data folder with one signed-in user for each membership, before its server starts. */
async function prepareUsers(): Promise<{ root: string; cookies: Record<Membership, string> }> {
  const root = await mkdtemp(join(tmpdir(), "deferred-"));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  const { queries, close } = await openSqlite(join(root, "deferred.db"));
  const at = Date.now();
  const cookies: Partial<Record<Membership, string>> = {};
  for (const name of MEMBERSHIPS) {
    const user = newId();
    const none = { email: null, email_verified_at: null, password: null };
    await queries
      .insertInto("users")
      .values({ ...none, id: user, name, owner: 0, created_at: at })
      .execute();
    const secret = randomBytes(32).toString("base64url");
    const times = { created_at: at, expires_at: at + 86_400_000, proved_at: at, used_at: at };
    await queries
      .insertInto("sessions")
      .values({ hash: sha256(secret), id: newId(), user, agent: "", ...times })
      .execute();
    cookies[name] = `deferred_8080=${secret}`;
  }
  await close();
  return { root, cookies: cookies as Record<Membership, string> };
}

/** Makes the users members by invitations that they accept. */
async function inviteUsers(system: System, own: Call, cookies: Record<Membership, string>) {
  for (const name of MEMBERSHIPS) {
    if (name === "stranger") continue;
    const role = foreignRole(name) ?? name;
    const project = role === name ? PROJECT : OTHER;
    const made = await own("POST", paths.invitations(project), { role });
    const { pathname } = new URL(((await made.json()) as { url: string }).url);
    const headers = { cookie: cookies[name], ...SAME_ORIGIN };
    const joined = await system.call("POST", pathname, undefined, headers);
    expect([name, joined.status, joined.headers.get("location")]).toEqual([
      name,
      303,
      pagePaths.project(project),
    ]);
  }
}

type Call = (method: string, path: string, body?: unknown) => Promise<Response>;

/** Calls whose body says which project they are about. */
const BODIES: Record<string, unknown> = {
  "POST /v1/tokens": { project: PROJECT, scope: "read" },
};

async function startWithCallers(env: Record<string, string> = {}) {
  const { root, cookies } = await prepareUsers();
  const system = await startSystem({ DEFERRED_DATA: root, ...env });
  const owner = system.ownerToken.trim();
  const own: Call = async (method, path, body) => {
    const headers = { authorization: `Bearer ${owner}` };
    const response = await system.call(method, path, body, headers);
    if (!response.ok) throw new Error(await response.text());
    return response;
  };
  await own("POST", paths.projects, { slug: OTHER });
  await inviteUsers(system, own, cookies);
  await own("PATCH", paths.project(PROJECT), { repository: "https://8.8.8.8/a/demo.git" });
  const make = async (project: string, scope: TokenScope, more: object = {}) =>
    makeToken(system, { project, scope, ...more });
  const expired = await make(PROJECT, "admin", { expires_s: 60 });
  const revoked = await make(PROJECT, "admin");
  await own("DELETE", paths.token(revoked.id));
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 61_000 });
  onTestFinished(() => void vi.useRealTimers());
  const logins: Partial<Record<Caller, string>> = {};
  const sessions: Partial<Record<Caller, string>> = { session: await signIn(system) };
  for (const name of MEMBERSHIPS) {
    logins[`login ${name}`] = await logIn(system, cookies[name]);
    sessions[`session ${name}`] = cookies[name];
  }
  const tokens: Partial<Record<Caller, string>> = {
    ...logins,
    owner,
    admin: (await make(PROJECT, "admin")).token,
    run: (await make(PROJECT, "run")).token,
    read: (await make(PROJECT, "read")).token,
    "foreign admin": (await make(OTHER, "admin")).token,
    "foreign run": (await make(OTHER, "run")).token,
    "foreign read": (await make(OTHER, "read")).token,
    expired: expired.token,
    revoked: revoked.token,
  };
  const started = await own("POST", paths.projectRuns(PROJECT), {});
  const run = ((await started.json()) as RunCreated).id;
  const fill = (path: string) =>
    path
      .replace(":owner/:name", PROJECT)
      // No gist has this id, so GitHub is not asked.
      .replace(":user/:id", "A/-")
      .replace(/(\/v1\/runs|\/projects\/.*\/runs)\/:id/, `$1/${run}`)
      .replace("runs=:id", `runs=${run}`)
      .replace(":sha", "a".repeat(40))
      .replace(":attempt", "1")
      .replace(/:\w+(\{\.\+\})?|\*/g, (name) => (name === ":0" ? name : "A"));
  const outcome = async (route: string, caller: Caller, more: Record<string, string> = {}) => {
    const [method = "", path = ""] = route.split(" ");
    const token = tokens[caller];
    const cookie = sessions[caller];
    const headers: Record<string, string> = {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(cookie !== undefined && { cookie }),
      ...(isForm(route) && SAME_ORIGIN),
      ...more,
    };
    return system.call(method, fill(path), BODIES[route], headers);
  };
  const callers = [...Object.keys(tokens), ...Object.keys(sessions), "none"] as Caller[];
  return { system, outcome, callers };
}

test("each route gives each caller what its rule says, and every route has a rule", async () => {
  const { system, outcome, callers } = await startWithCallers();
  const routes = system.app.routes
    // Middleware takes `next`; a handler that was registered for every method needs a rule too.
    .filter(({ method, handler }) => method !== "ALL" || handler.length < 2)
    .map(({ method, path }) => `${method} ${path}`);
  const withoutRule = routes.filter((route) => !(route in RULES) && !ASSETS.test(route));
  const named = Object.keys(RULES).map((route) => route.replace(/\?.*/, ""));
  expect([...new Set(withoutRule)].filter((route) => !named.includes(route))).toEqual([]);
  expect(named.filter((route) => !routes.includes(route))).toEqual([]);

  expect(await wrongOutcomes(RULES, outcome, callers)).toEqual([]);

  const foreign: string[] = [];
  for (const route of Object.keys(RULES).filter(isForm)) {
    const sent = await outcome(route, "session", {
      ...{ "sec-fetch-site": "cross-site", "content-type": "application/x-www-form-urlencoded" },
    });
    if (sent.status !== 400) foreign.push(`${route}: ${sent.status}`);
  }
  expect(foreign, "forms of another site").toEqual([]);
});

test("where users make projects, every person with an account may, and no project's token", async () => {
  const { outcome, callers } = await startWithCallers({ DEFERRED_NEW_PROJECTS: "users" });
  expect(await wrongOutcomes(RULES_OF_USERS, outcome, callers)).toEqual([]);
});

/** Tries each route by each caller, and returns what was not as its rule says. */
async function wrongOutcomes(
  rules: typeof RULES,
  outcome: (route: string, caller: Caller) => Promise<Response>,
  callers: readonly Caller[],
): Promise<string[]> {
  const wrong: string[] = [];
  for (const [route, rule] of Object.entries(rules)) {
    for (const caller of callers) {
      const response = await outcome(route, caller);
      const found = await outcomeOf(response);
      const { status } = response;
      if (rule === "closed" && status >= 400 && status < 500) continue;
      if (rule === "open" && !/40[13] token/.test(found)) continue;
      const wanted = rule === "closed" || rule === "open" ? rule : expected(route, rule)[caller];
      if (wanted === "by its scope") continue;
      // What is not there is answered like what is hidden.
      if (wanted === "passes" && found === "404 page" && NOT_THERE.test(route)) continue;
      if (found !== wanted) wrong.push(`${route} by ${caller}: ${found}, not ${wanted}`);
    }
  }
  return wrong;
}
