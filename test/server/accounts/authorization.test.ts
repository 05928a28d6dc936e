import { expect, onTestFinished, test, vi } from "vitest";
import { paths } from "../../../protocol/paths.ts";
import type { RunCreated } from "../../../protocol/run.ts";
import type { TokenScope } from "../../../protocol/tokens.ts";
import { signIn } from "../sign-in.ts";
import { startSystem } from "../system.ts";
import { ASSETS, expected, PROJECT, RULES, type Caller } from "./access-rules.ts";
import { makeToken } from "./make-token.ts";

const OTHER = "eve/other";

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
    session: undefined,
    none: undefined,
  };
  const cookie = await signIn(system);
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
  const outcome = async (route: string, caller: Caller) => {
    const [method = "", path = ""] = route.split(" ");
    const token = tokens[caller];
    const headers: Record<string, string> = {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(caller === "session" && { cookie }),
    };
    return system.call(method, fill(path), undefined, headers);
  };
  return { system, outcome, callers: Object.keys(tokens) as Caller[] };
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

  const wrong: string[] = [];
  for (const [route, rule] of Object.entries(RULES)) {
    for (const caller of callers) {
      const response = await outcome(route, caller);
      const found = await outcomeOf(response);
      const { status } = response;
      if (rule === "closed" && status >= 400 && status < 500) continue;
      if (rule === "open" && !/40[13] token/.test(found)) continue;
      const wanted = rule === "closed" || rule === "open" ? rule : expected(route, rule)[caller];
      if (found !== wanted) wrong.push(`${route} by ${caller}: ${found}, not ${wanted}`);
    }
  }
  expect(wrong).toEqual([]);
});
