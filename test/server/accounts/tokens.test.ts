import { readFile } from "node:fs/promises";
import { expect, onTestFinished, test, vi } from "vitest";
import { paths } from "../../../protocol/paths.ts";
import type { TokenView } from "../../../protocol/tokens.ts";
import { makeProject, SLUG } from "../projects/project.ts";
import { codeOf, startSystem, type System } from "../system.ts";
import { makeToken } from "./make-token.ts";

async function listWith(system: System, token: string): Promise<TokenView[]> {
  const headers = { authorization: `Bearer ${token.trim()}` };
  const response = await system.call("GET", paths.tokens, undefined, headers);
  if (response.status !== 200) throw new Error(await response.text());
  return ((await response.json()) as { tokens: TokenView[] }).tokens;
}

test("a token is shown once and stored as a hash; lists say whose it is and when it was used", async () => {
  const system = await startSystem();
  await makeProject(system);
  const made = await makeToken(system, { project: SLUG, scope: "run", name: "CI of ada/app" });
  expect(made.token).toMatch(/^deferred_[\w-]{43}$/);
  const days = (Date.parse(made.expires_at) - Date.parse(made.created_at)) / 86_400_000;
  expect(days).toBe(90);

  const { token, ...view } = made;
  expect(await listWith(system, system.ownerToken)).toEqual([view]);
  expect(view).toMatchObject({ name: "CI of ada/app", scope: "run", last_used_at: null });
  const files = [system.folder.database, `${system.folder.database}-wal`];
  const stored = await Promise.all(files.map((file) => readFile(file, "latin1")));
  expect(stored.join("")).toContain(view.id);
  expect(stored.join("")).not.toContain(token.slice("deferred_".length));
});

test("the last use is exact to a minute", async () => {
  const start = Date.now();
  vi.useFakeTimers({ toFake: ["Date"], now: start });
  onTestFinished(() => void vi.useRealTimers());
  const system = await startSystem();
  await makeProject(system);
  const { token } = await makeToken(system, { project: SLUG, scope: "read" });
  const headers = { authorization: `Bearer ${token}` };
  const useAt = async (seconds: number) => {
    vi.setSystemTime(start + seconds * 1000);
    const response = await system.call("GET", paths.project(SLUG), undefined, headers);
    expect(response.status).toBe(200);
    const [view] = await listWith(system, system.ownerToken);
    return (Date.parse(view!.last_used_at!) - start) / 1000;
  };
  expect([await useAt(1), await useAt(60), await useAt(61)]).toEqual([1, 1, 61]);
});

test("an admin sees and revokes tokens of one project, and makes none", async () => {
  const system = await startSystem();
  const { call } = await makeProject(system);
  const admin = await makeToken(system, { project: SLUG, scope: "admin" });
  const reader = await makeToken(system, { project: SLUG, scope: "read" });
  const foreign = await makeToken(system, { project: "local/demo", scope: "read" });
  const byAdmin = (method: string, path: string, body?: unknown) =>
    system.call(method, path, body, { authorization: `Bearer ${admin.token}` });

  expect((await listWith(system, admin.token)).map(({ id }) => id)).toEqual([admin.id, reader.id]);
  expect(await codeOf(await byAdmin("DELETE", paths.token(foreign.id)))).toBe(
    "api_token_not_found",
  );
  const request = { project: SLUG, scope: "admin" };
  expect(await codeOf(await byAdmin("POST", paths.tokens, request))).toBe("token_scope_low");
  expect((await byAdmin("DELETE", paths.token(reader.id))).status).toBe(204);
  expect(await codeOf(await byAdmin("DELETE", paths.token(reader.id)))).toBe("api_token_not_found");

  // A removed project takes its tokens with it.
  expect((await call("DELETE", paths.project(SLUG))).status).toBe(204);
  expect(await codeOf(await byAdmin("GET", paths.projects))).toBe("token_wrong");
  expect((await listWith(system, system.ownerToken)).map(({ id }) => id)).toEqual([foreign.id]);
});

test("a project's token of the owner's label stays at the next start", async () => {
  const system = await startSystem();
  const name = "made at the first start";
  const { id } = await makeToken(system, { project: "local/demo", scope: "read", name });
  await system.close();
  const again = await startSystem({ DEFERRED_DATA: system.root });
  expect((await listWith(again, again.ownerToken)).map((token) => token.id)).toEqual([id]);
});

test.each([
  [{ project: "ada/none", scope: "read" }, "project_not_found"],
  [{ project: SLUG, scope: "owner" }, "body_invalid"],
  [{ project: SLUG, scope: "read", expires_s: 59 }, "body_invalid"],
  [{ project: SLUG, scope: "read", expires_s: 367 * 86_400 }, "body_invalid"],
  [{ project: SLUG, scope: "read", expires_s: 1e300 }, "body_invalid"],
  [{ project: SLUG, scope: "read", name: "two\nlines" }, "body_invalid"],
  [{ project: SLUG, scope: "read", name: "x".repeat(101) }, "body_invalid"],
  [{ project: null, scope: "admin" }, "body_invalid"],
  [{ project: SLUG, scope: "read", expires: "90d" }, "body_invalid"],
])("%j is refused", async (request, code) => {
  const system = await startSystem();
  const { call } = await makeProject(system);
  expect(await codeOf(await call("POST", paths.tokens, request))).toBe(code);
  expect(await listWith(system, system.ownerToken)).toEqual([]);
});

test("a name with control characters is refused in words", async () => {
  const system = await startSystem();
  const { call } = await makeProject(system);
  const answer = await call("POST", paths.tokens, {
    project: SLUG,
    scope: "read",
    name: "a\u001bb",
  });
  expect(((await answer.json()) as { detail: string }).detail).toBe(
    "name: control characters can't be in it",
  );
});
