import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { LeaveReason } from "../../protocol/responder.ts";
import { RESPONDER } from "../compiled.ts";
import { eventually } from "../eventually.ts";
import { startMetadata } from "../services/metadata.ts";
import { held } from "./held.ts";
import { bodyOf, startIntercepted } from "../systems/in-process.ts";

/** The first machine that is launched has a metadata service, as one on EC2 has. */
async function startWithMetadata({ refuseFirst = false } = {}) {
  const metadata = await startMetadata({ instanceId: "i-1", userData: "" });
  const folder = await mkdtemp(join(tmpdir(), "deferred-metadata-"));
  onTestFinished(async () => {
    await metadata.close();
    await rm(folder, { recursive: true });
  });
  const add = `s#"idle_s"#"interruption":{"format":"ec2","url":"${metadata.url}"},"idle_s"#`;
  const script = `mkdir ${folder}/taken 2>/dev/null && sed -i '${add}' launch.json; exec "$@"`;
  const left: LeaveReason[] = [];
  let failed = false;
  const server = await startIntercepted(
    async (request, passOn) => {
      if (request.url.endsWith("/leave")) {
        left.push((await bodyOf<{ reason?: LeaveReason }>(request)).reason);
      }
      if (request.url.endsWith("/progress")) {
        failed ||= (await bodyOf<{ failed?: string }>(request)).failed !== undefined;
      }
      const early = refuseFirst && !failed && request.url.endsWith("/register");
      return early ? new Response(null, { status: 503 }) : passOn(request);
    },
    { responder: { command: "sh", args: ["-c", script, "sh", process.execPath, RESPONDER] } },
  );
  return { metadata, server, left };
}

const begun = (server: Awaited<ReturnType<typeof startIntercepted>>, run: { id: string }) =>
  eventually(async () => ((await server.log()).includes(run.id) ? true : undefined));

test("a machine that is taken back gives its run back, which another machine finishes", async () => {
  const { metadata, server, left } = await startWithMetadata();
  const { line, release } = held();
  const run = await server.run(`echo begun; ${line}; echo done\n`);
  await begun(server, run);
  metadata.interrupt(new Date(Date.now() + 120_000));
  await eventually(async () => (left.length > 0 ? true : undefined));
  release();
  expect(await server.result(run)).toMatchObject({
    state: "succeeded",
    attempt: 2,
    stdout: "begun\ndone\n",
  });
  expect(left).toEqual(["taken_back"]);
  const events = await (await fetch(`${server.url}/v1/runs/${run.id}/events`)).text();
  expect(events).toContain('"code":"taken_back"');
});

test("a machine that may be taken back finishes what runs, and others do the rest at once", async () => {
  const { metadata, server, left } = await startWithMetadata();
  const { line, release } = held();
  const run = await server.run(`echo begun; ${line}; echo done\n`);
  await begun(server, run);
  metadata.recommendRebalance(new Date());
  await eventually(async () => (left.length > 0 ? true : undefined));
  const next = await server.run("echo next\n");
  expect(await server.result(next)).toMatchObject({ state: "succeeded", attempt: 1 });
  expect((await fetch(run.result_url)).status).toBe(404);
  release();
  expect(await server.result(run)).toMatchObject({ state: "succeeded", attempt: 1 });
  expect(left).toEqual(["taken_back"]);
});

test("a machine that is taken back before it registered is not waited for", async () => {
  const { metadata, server } = await startWithMetadata({ refuseFirst: true });
  metadata.interrupt(new Date(Date.now() + 120_000));
  const run = await server.run("echo done\n");
  expect(await server.result(run)).toMatchObject({ state: "succeeded", attempt: 2 });
  const events = await (await fetch(`${server.url}/v1/runs/${run.id}/events`)).text();
  expect(events).toContain('"code":"taken_back"');
});
