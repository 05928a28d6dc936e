import { expect, test } from "vitest";
import { fillDatabase } from "../../../bench/pages/fill.ts";
import { pagePaths } from "../../../protocol/paths.ts";
import { temporaryFolder } from "../../cli/deferred.ts";
import { signIn } from "../sign-in.ts";
import { startSystem } from "../system.ts";

const MOST = 30_000;

test("the first load of each page of projects takes at most 30 kB, with its styles and scripts", async () => {
  const root = await temporaryFolder();
  const first = await startSystem({ DEFERRED_DATA: root });
  await first.close();
  const { database } = first.folder;
  const { slug, run, sha } = await fillDatabase(database, {
    ...{ runs: 200, projects: 60, now: Date.now() },
  });
  const system = await startSystem({ DEFERRED_DATA: root });
  const cookie = await signIn(system);
  const fetched = new Map<string, Response>();
  const load = async (path: string) => {
    const headers = { accept: "text/html", "accept-encoding": "gzip, br", cookie };
    const response = await system.call("GET", path, undefined, headers);
    expect([path, response.status]).toEqual([path, 200]);
    fetched.set(path, response);
    return (await response.arrayBuffer()).byteLength;
  };
  const sizes: Record<string, number> = {};
  for (const path of [
    ...[pagePaths.projects, pagePaths.project(slug), pagePaths.runs(slug)],
    ...[`${pagePaths.runs(slug)}?q=state%3Aunsuccessful`, pagePaths.run(slug, run)],
    ...[`${pagePaths.run(slug, run)}?q=case`, pagePaths.commit(slug, sha)],
    ...[pagePaths.deliveries(slug), pagePaths.notices(slug), pagePaths.operator],
    ...["/", "/docs", "/docs/search?q=run", "/docs/embed", "/docs/security", "/docs/api"],
    ...["/docs/api/projects", "/docs/api/errors"],
  ]) {
    const plain = await system.call("GET", path, undefined, { accept: "text/html", cookie });
    const text = await plain.text();
    const assets = [...new Set(text.match(/\/assets\/[\w.-]+/g))];
    const bytes = await Promise.all([path, ...assets].map(load));
    expect(fetched.get(path)!.headers.get("content-encoding")).toMatch(/gzip|br/);
    sizes[path] = bytes.reduce((sum, size) => sum + size, 0);
  }
  expect(Object.entries(sizes).filter(([, size]) => size > MOST)).toEqual([]);
});
