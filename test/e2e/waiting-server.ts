import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pino } from "pino";
import { expect, onTestFinished } from "vitest";
import { paths } from "../../protocol/paths.ts";
import { readServerSettings, startServer } from "../../server/main.ts";
import { deferred, startDeferred, temporaryFolder } from "../cli/deferred.ts";
import { IDLE_MACHINE } from "../idle-machine.ts";

const ROOT = join(import.meta.dirname, "../..");

/** A server with a project, whose machines never come up, so that everything waits. */
export async function startWaiting(env: Record<string, string> = {}) {
  const data = await temporaryFolder();
  const settings = readServerSettings({
    DEFERRED_DATA: data,
    PORT: "0",
    DEFERRED_ALLOW_PRIVATE: "1",
    ...env,
  });
  const server = await startServer(settings, {
    responder: IDLE_MACHINE,
    assets: {
      widget: join(ROOT, "test/fixtures/widget.js"),
      examples: join(ROOT, "examples"),
      version: "0.0.0",
    },
    log: pino({ level: "silent" }),
  });
  onTestFinished(() => server.close());
  const token = (await readFile(join(data, "owner-token"), "utf8")).trim();
  const made = await fetch(server.url + paths.projects, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ slug: "acme/app", repository: "http://127.0.0.1:1/app.git" }),
  });
  expect(made.status).toBe(201);
  const options = { env: { DEFERRED_DATA: data, DEFERRED_PROJECT: "acme/app" } };
  return {
    data,
    start: (...args: string[]) => startDeferred(args, options),
    deferred: (...args: string[]) => deferred(args, options),
  };
}
