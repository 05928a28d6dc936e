import { randomUUID } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "vitest";
import {
  RESPONDER_PROTOCOL,
  type Assignment,
  type FinishRequest,
} from "../../protocol/responder.ts";
import { registrationStatement, type LaunchFile } from "../../protocol/registration.ts";
import { machineId } from "../../responder/agent/host.ts";
import { loadIdentity } from "../../responder/agent/identity.ts";
import { eventually } from "../eventually.ts";
import {
  bodyOf,
  changed,
  responderWith,
  startIntercepted,
  type Intercept,
} from "../systems/in-process.ts";
import { held } from "./held.ts";
import { processesWith } from "./processes.ts";

/** One machine with one slot, so that a waiting run cannot start elsewhere. */
const ONE_AT_A_TIME = {
  responder: responderWith("--slots", "1"),
  times: { policy: { maxMachines: 1 } },
};

const path = (request: Request) => new URL(request.url).pathname;

/** Nothing comes between the two. */
const passingOn: Intercept = (request, passOn) => passOn(request);

/** To the responder, renewals of what its first claim brings are due in an hour. */
const withoutRenewals: Intercept = async (request, passOn) => {
  const response = await passOn(request);
  if (!path(request).endsWith("claim") || !response.ok) return response;
  if (response.headers.get("content-type")?.includes("ndjson")) return response;
  const { runs } = (await response.clone().json()) as { runs: Assignment[] };
  return changed(response, { runs: runs.map((run) => ({ ...run, lease_s: 3 * 3600 })) });
};

/** A proxy that holds answers in lines back until their end; the second claim waits for `second`. */
function behindProxy(second?: Promise<void>) {
  const claims: number[] = [];
  const holdingBack: Intercept = async (request, passOn) => {
    if (!path(request).endsWith("claim")) return passOn(request);
    const { lines = 1 } = await bodyOf<{ lines?: number }>(request);
    if (claims.push(lines) === 2) await second;
    const response = await passOn(request);
    return lines === 1 ? response : new Response(await response.text());
  };
  return { claims, holdingBack };
}

/** A script that says `up` and then lives as a process with a name of its own. */
function lasting(): { script: string; isAlive: () => boolean } {
  const name = `lasting-${randomUUID()}`;
  return {
    script: `echo up; exec -a ${name} sleep 60\n`,
    isAlive: () => processesWith(name) > 0,
  };
}

const settled = (holds: () => boolean) => eventually(async () => (holds() ? true : undefined));

// Each waits for a renewal.
describe.concurrent("a responder and its server", () => {
  test("a run that is canceled is killed at the next renewal, and its slot is free again", async ({
    expect,
    onTestFinished: atEnd,
  }) => {
    let told = 0;
    const server = await startIntercepted(
      async (request, passOn) => {
        const response = await passOn(request);
        if (!path(request).endsWith("renew")) return response;
        const { stop } = (await response.clone().json()) as { stop: string[] };
        if (stop.length > 0) told++;
        return response;
      },
      { ...ONE_AT_A_TIME, atEnd },
    );
    const { script, isAlive } = lasting();
    const run = await server.run(script);
    await settled(isAlive);
    await server.printed(run.id, "up\n");
    const next = await server.run("echo next\n");
    await server.cancel(run);
    await settled(() => !isAlive());
    expect(await server.result(next)).toMatchObject({ state: "succeeded", attempt: 1 });
    expect(await server.result(run)).toMatchObject({ state: "canceled", stdout: "up\n" });
    expect(told).toBe(1);
  });

  test("it is killed at once where the responder waits for more", async ({
    expect,
    onTestFinished: atEnd,
  }) => {
    const server = await startIntercepted(withoutRenewals, {
      responder: responderWith("--slots", "2"),
      atEnd,
    });
    const { script, isAlive } = lasting();
    const run = await server.run(script, { limits: { wall_s: 300 } });
    await settled(isAlive);
    await server.printed(run.id, "up\n");
    await server.cancel(run);
    await settled(() => !isAlive());
    expect(await server.result(run)).toMatchObject({ state: "canceled", stdout: "up\n" });
  });

  test("one that prints is killed at its next output, without waiting for a renewal", async ({
    expect,
    onTestFinished: atEnd,
  }) => {
    let renewals = 0;
    const server = await startIntercepted(
      async (request, passOn) => {
        if (path(request).endsWith("renew")) renewals++;
        return withoutRenewals(request, passOn);
      },
      // With a free slot it would wait for more.
      { ...ONE_AT_A_TIME, atEnd },
    );
    const name = `printing-${randomUUID()}`;
    const run = await server.run(
      `exec -a ${name} bash -c 'while :; do echo x; sleep 0.05; done'\n`,
      { limits: { wall_s: 300 } },
    );
    await settled(() => processesWith(name) > 0);
    await server.cancel(run);
    await settled(() => processesWith(name) === 0);
    expect(renewals).toBe(0);
  });

  test("a responder whose token is void ends what it runs, registers again and tries it anew", async ({
    expect,
    onTestFinished: atEnd,
  }) => {
    const server = await startIntercepted(passingOn, { atEnd });
    const { script, isAlive } = lasting();
    const first = await server.run(script, { retry: "never" });
    await settled(isAlive);
    const { line, release } = held(atEnd);
    const run = await server.run(`echo begun; ${line}; echo done\n`);
    await eventually(async () => ((await server.log()).includes(run.id) ? true : undefined));
    await registerInItsPlace(server);
    await settled(() => !isAlive());
    release();
    expect(await server.result(run)).toMatchObject({
      state: "succeeded",
      attempt: 2,
      stdout: "begun\ndone\n",
    });
    expect(await server.result(first)).toMatchObject({ state: "errored", attempt: 1 });
    expect((await server.log()).match(/"registered"/g)).toHaveLength(2);
  });

  test.for(["a renewal", "a claim"])(
    "a machine that is told by %s to go finishes what runs, claims nothing more and goes",
    async (by, { expect, onTestFinished: atEnd }) => {
      let leaving = false;
      let claimedAfter = 0;
      const { line, release } = held(atEnd);
      const server = await startIntercepted(
        async (request, passOn) => {
          const call = path(request).split("/").at(-1)!;
          if (by === "a claim" && call === "claim" && leaving) {
            claimedAfter++;
            release();
            return Response.json({ code: "machine_leaving", status: 410 }, { status: 410 });
          }
          const response = await passOn(request);
          if (call === "claim") leaving = true;
          if (by !== "a renewal" || call !== "renew") return response;
          release();
          return changed(response, { drain: true });
        },
        { atEnd },
      );
      const run = await server.run(`echo begun; ${line}; echo done\n`);
      expect(await server.result(run)).toMatchObject({
        state: "succeeded",
        attempt: 1,
        stdout: "begun\ndone\n",
      });
      await settled(() => processesWith(server.machines) === 0);
      expect(claimedAfter).toBe(by === "a claim" ? 1 : 0);
    },
  );

  test("claims that the line doubles lose no run, though the copy that is answered first is not heard", async ({
    expect,
    onTestFinished: atEnd,
  }) => {
    let doubled = 0;
    const server = await startIntercepted(
      async (request, passOn) => {
        if (!path(request).endsWith("claim")) return passOn(request);
        doubled++;
        const copies = [passOn(request.clone()), passOn(request)];
        const lost = await Promise.race(copies.map((copy, index) => copy.then(() => index)));
        return copies[1 - lost]!;
      },
      { atEnd },
    );
    for (const word of ["cold", "warm", "again"]) {
      const result = await server.result(await server.run(`echo ${word}\n`));
      expect(result).toMatchObject({ state: "succeeded", attempt: 1, stdout: `${word}\n` });
    }
    expect(doubled).toBeGreaterThan(1);
  });

  test("runs come on the lines of one claim; where that breaks after a run, none is lost", async ({
    expect,
    onTestFinished: atEnd,
  }) => {
    let inLines = 0;
    const server = await startIntercepted(
      async (request, passOn) => {
        if (!path(request).endsWith("claim")) return passOn(request);
        const { lines = 1 } = await bodyOf<{ lines?: number }>(request);
        const response = await passOn(request);
        if (lines === 1) return response;
        inLines++;
        return inLines === 1 ? brokenAfterRun(response) : response;
      },
      { responder: responderWith("--slots", "8"), times: { policy: { maxMachines: 1 } }, atEnd },
    );
    for (const word of ["one", "two", "three", "four", "five"]) {
      const result = await server.result(await server.run(`echo ${word}\n`));
      expect(result).toMatchObject({ state: "succeeded", attempt: 1, stdout: `${word}\n` });
    }
    // The first run comes without lines, the second one breaks the first lines.
    expect(inLines).toBe(2);
  });

  test("where a proxy holds answers back, each claim has one line", async ({
    expect,
    onTestFinished: atEnd,
  }) => {
    const { claims, holdingBack } = behindProxy();
    const server = await startIntercepted(holdingBack, {
      ...{ responder: responderWith("--slots", "8"), times: { policy: { maxMachines: 1 } }, atEnd },
    });
    await server.result(await server.run("echo first\n"));
    await settled(() => claims.length === 3);
    const result = await server.result(await server.run("echo second\n"));
    expect(result).toMatchObject({ state: "succeeded", attempt: 1, stdout: "second\n" });
    await settled(() => claims.length === 4);
    expect(claims).toEqual([1, expect.any(Number), 1, 1]);
    expect(claims[1]).toBeGreaterThan(1);
  });

  test("an answer that was over at once proves no proxy right", async ({
    expect,
    onTestFinished: atEnd,
  }) => {
    const { promise: secondWaits, resolve: goOn } = Promise.withResolvers<void>();
    const { claims, holdingBack } = behindProxy(secondWaits);
    const server = await startIntercepted(holdingBack, {
      ...{ responder: responderWith("--slots", "2"), times: { policy: { maxMachines: 1 } }, atEnd },
    });
    const { line, release } = held(atEnd);
    const first = await server.run(`${line}\n`);
    await settled(() => claims.length === 2);
    // It takes the only free slot, so that the answer ends with it.
    const second = await server.run("echo second\n");
    goOn();
    expect(await server.result(second)).toMatchObject({ state: "succeeded", attempt: 1 });
    await settled(() => claims.length === 4);
    expect(claims.map((lines) => lines > 1)).toEqual([false, true, true, false]);
    const third = await server.result(await server.run("echo third\n"));
    expect(third).toMatchObject({ state: "succeeded", attempt: 1, stdout: "third\n" });
    release();
    expect(await server.result(first)).toMatchObject({ state: "succeeded", attempt: 1 });
  });

  test("with every slot taken, what finishes claims what waits in the same call", async ({
    expect,
    onTestFinished: atEnd,
  }) => {
    const claims: { asked: number; given: number }[] = [];
    const { promise: allWait, resolve: goOn } = Promise.withResolvers<void>();
    const server = await startIntercepted(
      async (request, passOn) => {
        if (!path(request).endsWith("finish")) return passOn(request);
        await allWait;
        const { claim } = await bodyOf<FinishRequest>(request);
        const response = await passOn(request);
        const { runs } = (await response.clone().json()) as { runs: Assignment[] };
        claims.push({ asked: claim ?? 0, given: runs.length });
        return response;
      },
      { ...ONE_AT_A_TIME, atEnd },
    );
    const runs = await Promise.all([1, 2, 3, 4].map((n) => server.run(`echo ${n}\n`)));
    goOn();
    const results = await Promise.all(runs.map((run) => server.result(run)));
    expect(results.map(({ stdout, attempt }) => [stdout, attempt])).toEqual([
      ["1\n", 1],
      ["2\n", 1],
      ["3\n", 1],
      ["4\n", 1],
    ]);
    // The last one is answered a moment after its result is there.
    await settled(() => claims.length === 4);
    expect(claims).toEqual([
      { asked: 1, given: 1 },
      { asked: 1, given: 1 },
      { asked: 1, given: 1 },
      { asked: 1, given: 0 },
    ]);
  });
});

/** An answer of lines that breaks after the first line with a run. */
function brokenAfterRun(response: Response): Response {
  const breaking = new TransformStream<Uint8Array, Uint8Array>({
    transform(part, controller) {
      controller.enqueue(part);
      const isEmpty = new TextDecoder().decode(part).startsWith('{"runs":[]');
      if (!isEmpty) setTimeout(() => controller.error(new Error("the line is broken")));
    },
  });
  return new Response(response.body!.pipeThrough(breaking), response);
}

/** Registers the only machine's launch once more, as the same machine would after another boot. */
async function registerInItsPlace({ url, machines }: { url: string; machines: string }) {
  const folder = join(machines, (await readdir(machines))[0]!);
  const launch = JSON.parse(await readFile(join(folder, "launch.json"), "utf8")) as LaunchFile;
  const identity = loadIdentity(join(folder, "state"), machineId());
  const facts = {
    server_url: launch.server_url,
    launch_id: launch.launch_id,
    boot_id: randomUUID(),
    public_key: identity.publicKey,
  };
  const response = await fetch(`${url}/v1/responder/register`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      ...facts,
      registration_token: launch.registration_token,
      protocol: RESPONDER_PROTOCOL,
      proof: identity.sign(registrationStatement(facts)),
      slots: 1,
      // Without it there were no machine for what is to be tried again, until the real one is back.
      runtimes: [{ name: "bash", version: "5.2.15" }],
      sandbox: { name: "bubblewrap", features: [] },
      host: { arch: "x64", os: "linux", cpus: 1, memory_mb: 1 },
    }),
  });
  if (!response.ok) throw new Error(await response.text());
}
