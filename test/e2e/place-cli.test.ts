import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pino } from "pino";
import { expect, onTestFinished, test } from "vitest";
import { paths } from "../../protocol/paths.ts";
import { startServer } from "../../server/server.ts";
import { readSettings } from "../../server/settings.ts";
import { startDeferred, temporaryFolder } from "../cli/deferred.ts";
import { eventually } from "../eventually.ts";

const ROOT = join(import.meta.dirname, "../..");

/** A server whose machines never come up, so that everything waits. */
async function startWaiting(env: Record<string, string> = {}) {
  const data = await temporaryFolder();
  const settings = readSettings({
    DEFERRED_DATA: data,
    PORT: "0",
    DEFERRED_ALLOW_PRIVATE: "1",
    ...env,
  });
  const server = await startServer(settings, {
    responder: { command: process.execPath, args: ["-e", "setInterval(() => {}, 1e6)", "--"] },
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
    start: (...args: string[]) => startDeferred(args, options),
    deferred: async (...args: string[]) => (await startDeferred(args, options)).ended,
  };
}

test("a run that waits tells its place in line: exec once, ps in its list", async () => {
  const { start, deferred } = await startWaiting();
  expect((await deferred("exec", "--detach", "make")).code).toBe(0);
  const second = await start("exec", "make test");
  const said = await eventually(async () =>
    second.output().includes("\n") ? second.output() : undefined,
  );
  expect(said).toBe("note: Number 2 in line.\n");
  const listed = (await deferred("ps")).stdout;
  expect(listed).toMatch(/ (queued|waking) \(2\) .* make test\n.* \(1\) .* make\n$/);
  second.child.kill("SIGINT");
  expect((await second.ended).code).toBe(130);
});

test("where the queue is full, exec says so, and that it tries again", async () => {
  const { start, deferred } = await startWaiting({ DEFERRED_MAX_WAITING_PROJECT: "1" });
  expect((await deferred("exec", "--detach", "make")).code).toBe(0);
  const second = await start("exec", "make test");
  await eventually(async () => second.output().includes("trying again in 30 s") || undefined);
  expect(second.output()).toContain("1 runs of this project wait already.");
  second.child.kill("SIGKILL");
});
