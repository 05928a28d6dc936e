import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { expect, onTestFinished, test } from "vitest";
import { onError } from "../../../server/http/problem.ts";
import { keepWidgetScript, widgetRoutes } from "../../../server/pages/widget-script.ts";

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "deferred-scripts-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

/** A build of the element in a folder of its own: the loader's file. */
async function builtScript(text: string, parts: Record<string, string> = {}): Promise<string> {
  const folder = await temporaryFolder();
  await mkdir(join(folder, "v"));
  for (const [name, part] of Object.entries(parts)) await writeFile(join(folder, "v", name), part);
  const file = join(folder, "deferred-runner.js");
  await writeFile(file, `${text} // loader`);
  await writeFile(join(folder, "pinned.js"), text);
  return file;
}

test("a version that a page pinned is served after an upgrade, with the integrity it had", async () => {
  const kept = await temporaryFolder();
  const first = await builtScript("export const build = 1;", { "part-aaaa1111.js": "1;" });
  const second = await builtScript("export const build = 2;", { "part-bbbb2222.js": "2;" });
  const old = await keepWidgetScript(first, "0.1.0", kept);
  const current = await keepWidgetScript(second, "0.2.0", kept);
  const app = widgetRoutes(current, kept);

  expect(await (await app.request("/deferred-runner.js")).text()).toContain("build = 2");
  for (const [{ pinned: script }, content] of [
    [old, "build = 1"],
    [current, "build = 2"],
  ] as const) {
    const response = await app.request(script.path);
    const text = await response.text();
    expect(text).toContain(content);
    expect(text).not.toContain("loader");
    const digest = createHash("sha384").update(text).digest("base64");
    expect(script.integrity).toBe(`sha384-${digest}`);
    expect(response.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
  }
  // A cached loader asks for its own parts, a retry under another path, and a script that was pinned before there
  // was a loader beside its own path.
  const beside = old.pinned.path.replace(/[^/]+$/, "v/part-aaaa1111.js");
  for (const path of ["/v/part-aaaa1111.js", "/v/~12/part-aaaa1111.js", beside]) {
    const part = await app.request(path);
    expect(await part.text()).toBe("1;");
    expect(part.headers.get("content-type")).toBe("text/javascript; charset=utf-8");
    expect(part.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    expect(part.headers.get("access-control-allow-origin")).toBe("*");
  }
});

test("a page of another origin is allowed to load it, and to ask whether it changed", async () => {
  const folder = await temporaryFolder();
  const script = await keepWidgetScript(await builtScript("export {};"), "0.1.0", folder);
  const app = widgetRoutes(script, folder).onError(onError(pino({ level: "silent" })));
  const first = await app.request("/deferred-runner.js");
  expect(first.headers.get("cross-origin-resource-policy")).toBe("cross-origin");
  const headers = { "if-none-match": first.headers.get("etag")! };
  expect((await app.request("/deferred-runner.js", { headers })).status).toBe(304);
  for (const path of [
    "/v/0.1.0/deferred-runner.js",
    "/v/part-00000000.js",
    "/v/~1/part-00000000.js",
    "/v/~1/deferred-runner.js",
    `/v/${script.pinned.build}.js`,
    "/v/..%2fpart-00000000.js",
    "/v/..%2fbuilt-000000000000/deferred-runner.js",
  ]) {
    expect((await app.request(path)).status).toBeGreaterThanOrEqual(400);
  }
});
