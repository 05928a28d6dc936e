import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { expect, onTestFinished, test } from "vitest";
import { onError } from "../../../server/http/problem.ts";
import { keepWidgetScript, widgetRoutes } from "../../../server/pages/widget-script.ts";

test("a version that a page pinned is served after an upgrade, with the integrity it had", async () => {
  const folder = await mkdtemp(join(tmpdir(), "deferred-scripts-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, "built.js");
  await writeFile(file, "export const build = 1;");
  const old = await keepWidgetScript(file, "0.1.0", join(folder, "kept"));
  await writeFile(file, "export const build = 2;");
  const current = await keepWidgetScript(file, "0.2.0", join(folder, "kept"));
  const app = widgetRoutes(current, join(folder, "kept"));

  expect(await (await app.request("/deferred-runner.js")).text()).toContain("build = 2");
  for (const [script, content] of [
    [old, "build = 1"],
    [current, "build = 2"],
  ] as const) {
    const response = await app.request(script.path);
    const text = await response.text();
    expect(text).toContain(content);
    const digest = createHash("sha384").update(text).digest("base64");
    expect(script.integrity).toBe(`sha384-${digest}`);
    expect(response.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
  }
});

test("a page of another origin is allowed to load it, and to ask whether it changed", async () => {
  const folder = await mkdtemp(join(tmpdir(), "deferred-scripts-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, "built.js"), "export {};");
  const script = await keepWidgetScript(join(folder, "built.js"), "0.1.0", folder);
  const app = widgetRoutes(script, folder).onError(onError(pino({ level: "silent" })));
  const first = await app.request("/deferred-runner.js");
  expect(first.headers.get("cross-origin-resource-policy")).toBe("cross-origin");
  const headers = { "if-none-match": first.headers.get("etag")! };
  expect((await app.request("/deferred-runner.js", { headers })).status).toBe(304);
  for (const path of [
    "/v/0.1.0/deferred-runner.js",
    "/v/..%2fbuilt-000000000000/deferred-runner.js",
  ]) {
    expect((await app.request(path)).status).toBeGreaterThanOrEqual(400);
  }
});
