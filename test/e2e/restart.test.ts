import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { describe, test } from "vitest";
import type { Result, RunCreated } from "../../protocol/run.ts";
import { readServerSettings, startServer } from "../../server/main.ts";
import { RESPONDER } from "../compiled.ts";
import { eventually } from "../eventually.ts";
import { freePort } from "../free-port.ts";
import { needsRoot } from "../needs.ts";
import { deferred, serve, type AtEnd, type Served } from "../systems/process.ts";

const root = join(import.meta.dirname, "../..");

async function start(served: Pick<Served, "url" | "data">, program: string): Promise<RunCreated> {
  const file = join(served.data, "program.sh");
  await writeFile(file, program);
  const { stdout } = await deferred(served, ["sign", file, "--format", "json"]);
  const headers = { "content-type": "application/json" };
  const response = await fetch(`${served.url}/v1/runs`, { method: "POST", headers, body: stdout });
  return (await response.json()) as RunCreated;
}

function resultOf(run: RunCreated): Promise<Result> {
  return eventually(async () => {
    const response = await fetch(run.result_url).catch(() => undefined);
    return response?.ok ? ((await response.json()) as Result) : undefined;
  });
}

async function lastingFolder(atEnd: AtEnd): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "deferred-e2e-"));
  atEnd(() => rm(folder, { recursive: true, force: true }));
  // Machines of a new folder share compiled code.
  return join(folder, "data");
}

// Each waits for a good while for what takes its time.
describe.concurrent("a restart", () => {
  test("a server that is killed and started again loses no run, and its machines find it", async ({
    expect,
    onTestFinished: atEnd,
  }) => {
    const data = await lastingFolder(atEnd);
    const port = await freePort();
    const before = await serve({ DEFERRED_DATA: data, PORT: port }, atEnd);
    const run = await start(before, "for i in 1 2 3 4; do echo $i; sleep 0.5; done\n");
    await eventually(async () => {
      const view = (await (await fetch(run.run_url)).json()) as { state: string };
      return view.state === "running" ? true : undefined;
    });
    const exited = once(before.process, "exit");
    before.process.kill("SIGKILL");
    await exited;
    const after = await serve({ DEFERRED_DATA: data, PORT: port }, atEnd);
    expect(after.url).toBe(before.url);
    expect(await resultOf(run)).toMatchObject({ state: "succeeded", stdout: "1\n2\n3\n4\n" });
  });

  test("a server that is stopped takes its machines with it, and the run goes on after a start", async ({
    expect,
    onTestFinished: atEnd,
  }) => {
    const data = await lastingFolder(atEnd);
    const port = await freePort();
    const before = await serve({ DEFERRED_DATA: data, PORT: port }, atEnd);
    const run = await start(before, "echo begun; sleep 3; echo done\n");
    await eventually(async () => ((await before.machines()).length > 0 ? true : undefined));
    await before.stop();
    expect(await before.machines()).toEqual([]);
    await serve({ DEFERRED_DATA: data, PORT: port }, atEnd);
    expect(await resultOf(run)).toMatchObject({ state: "succeeded", stdout: "begun\ndone\n" });
  });

  test("a follower of a run is told to come back by a server that stops, and misses nothing", async ({
    expect,
    onTestFinished: atEnd,
  }) => {
    const data = await lastingFolder(atEnd);
    const port = await freePort();
    const before = await serve({ DEFERRED_DATA: data, PORT: port }, atEnd);
    const run = await start(before, "echo begun; sleep 2; echo done\n");
    const first = await fetch(run.events_url);
    let seen = "";
    let stopped: Promise<void> | undefined;
    const decoder = new TextDecoder();
    // A stream that were cut off, and not ended, would throw here.
    for await (const part of first.body!) {
      seen += decoder.decode(part, { stream: true });
      if (seen.includes("begun")) stopped ??= before.stop();
    }
    await stopped;
    await serve({ DEFERRED_DATA: data, PORT: port }, atEnd);
    const idsOf = (text: string) => [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));
    const last = String(idsOf(seen).at(-1));
    const rest = await fetch(run.events_url, { headers: { "last-event-id": last } });
    const all = [...idsOf(seen), ...idsOf(await rest.text())];
    expect(all).toEqual(all.map((_, index) => index + 1));
    expect(await resultOf(run)).toMatchObject({ state: "succeeded", stdout: "begun\ndone\n" });
  });

  test(
    "a machine without a working sandbox runs nothing, and the run ends with that reason",
    needsRoot,
    async ({ expect, onTestFinished: atEnd }) => {
      const data = await lastingFolder(atEnd);
      // The responder as it is, where bubblewrap can't be started: hidden in a mount namespace.
      const hidden = 'mount --bind /dev/null /usr/bin/bwrap && exec "$@"';
      const log: string[] = [];
      const server = await startServer(readServerSettings({ DEFERRED_DATA: data, PORT: "0" }), {
        responder: {
          command: "unshare",
          args: ["--mount", "sh", "-c", hidden, "sh", process.execPath, RESPONDER],
        },
        assets: {
          widget: join(root, "test/fixtures/widget/deferred-runner.js"),
          examples: join(root, "examples"),
          guides: join(root, "dist/guides/guides.json"),
          version: "0.0.0",
        },
        log: pino({ level: "info" }, { write: (line) => void log.push(line) }),
      });
      atEnd(() => server.close());
      const run = await start({ url: server.url, data }, "echo hello\n");
      expect(await resultOf(run)).toMatchObject({
        state: "errored",
        reason: { code: "sandbox_missing" },
        stdout: "",
      });
      // The responder itself said so, as it does where nobody sees how its process ends.
      const said = log.find((line) => line.includes("a machine could not be set up"));
      expect(JSON.parse(said!)).toMatchObject({
        reason: "sandbox_missing",
        why: expect.stringContaining("bubblewrap") as string,
      });
      // However the machine's process ends: it may have to be killed.
      const ready = await fetch(`${server.url}/readyz`);
      expect(ready.status).toBe(503);
      expect(await ready.json()).toMatchObject({
        detail: expect.stringContaining("install bubblewrap") as string,
      });
    },
  );
});
