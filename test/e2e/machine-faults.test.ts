import { createHash } from "node:crypto";
import { globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { cannotBoot } from "../services/blank-machine/machine.ts";
import { skippedBecause } from "../needs.ts";
import { PREPARE_MS, prepareMachines, responderBundle } from "./machine-files.ts";
import { launchMachine, startMachineServer } from "./machine-server.ts";
import { failureOf, prepare, serverWith, setUp, unbootedMachine } from "./unbooted-machine.ts";

/** `content` as it comes over a slow line: a piece each second. */
function inPieces(content: Buffer, seconds: number): ReadableStream<Uint8Array> {
  const size = Math.ceil(content.length / seconds);
  let sent = 0;
  return new ReadableStream({
    async pull(out) {
      await new Promise((resolve) => setTimeout(resolve, 1000));
      out.enqueue(new Uint8Array(content.subarray(sent, (sent += size))));
      if (sent >= content.length) out.close();
    },
  });
}

describe("a set-up that can't go on", skippedBecause(cannotBoot), () => {
  let machine: ReturnType<typeof unbootedMachine>;
  beforeAll(async () => {
    await prepareMachines();
    machine = unbootedMachine();
  }, PREPARE_MS);
  afterAll(() => machine.clear());

  test("because a proxy answers says that this is no manifest", async () => {
    const html = { headers: { "content-type": "text/html" } };
    const server = await serverWith(async (path) =>
      path.startsWith("/v1/machine/") ? new Response("<!doctype html>Sign in", html) : undefined,
    );
    const { code, failed } = await setUp(machine, server);
    expect(code).toBe(1);
    expect(failed).toBe(`${server.url}/ answered no manifest; is it this server?`);
  });

  test("because the server is unreachable ends after its patience", async () => {
    const server = await startMachineServer();
    const { code, output } = await setUp(machine, server, { serverUrl: "http://127.0.0.1:9" });
    expect(code).toBe(1);
    expect(output).toContain("Connection refused");
    expect(server.progress).toEqual([]);
  });

  test("because the server is not https does not begin", async () => {
    const server = await startMachineServer();
    const { code, output } = await setUp(machine, server, { serverUrl: "http://192.0.2.1" });
    expect(code).toBe(1);
    expect(output).toContain("http://192.0.2.1 is not https");
  });

  test("because the launch is not the server's stops at once", async () => {
    const server = await startMachineServer();
    const stranger = await startMachineServer();
    const { code, output } = await setUp(machine, server, { serverUrl: stranger.url });
    expect(code).toBe(1);
    expect(output).toContain("the server does not know this launch");
    expect(output).not.toContain("apt-get");
  });

  test("because packages can't be had says what apt said", async () => {
    const server = await startMachineServer();
    // A set-up that failed later has the packages already.
    const blank = unbootedMachine();
    onTestFinished(() => blank.clear());
    const list = join(blank.root, "etc/apt/sources.list.d/broken.list");
    writeFileSync(list, "deb [trusted=yes] file:/nowhere ./\n");
    const { code, failed } = await setUp(blank, server);
    expect(code).toBe(1);
    expect(failed).toMatch(/^apt-get -q .*update ended with 100: E: .*\/nowhere/);
  });

  test("but not because another program has apt's locks for longer than its patience", async () => {
    const server = await startMachineServer();
    const blank = unbootedMachine();
    onTestFinished(() => blank.clear());
    // The locks are held until the set-up has said that its patience with them is over.
    const locks = `python3 -c "import fcntl, time
files = [open(f'/var/lib/{name}', 'w') for name in ('dpkg/lock-frontend', 'dpkg/lock', 'apt/lists/lock')]
for file in files: fcntl.lockf(file, fcntl.LOCK_EX)
print('locked', flush=True)
time.sleep(1000000)" >/tmp/locks & holder=$!; until grep -q locked /tmp/locks; do sleep 0.1; done
python3 -I -S /opt/deferred/set-up >/tmp/out 2>&1 & set_up=$!
until grep -q 'again in .* lock' /tmp/out; do kill -0 $set_up || break; sleep 0.1; done
kill $holder; wait $set_up; code=$?; cat /tmp/out; exit $code`;
    const { code, output } = await setUp(blank, server, { command: ["sh", "-c", locks] });
    expect(output).toMatch(/again in .* lock/);
    expect([code, output.slice(-2000)]).toEqual([0, expect.anything()]);
  }, 120_000);

  test("because what comes is not what the manifest names keeps none of it", async () => {
    const server = await serverWith(async (path, request) => {
      if (!path.endsWith("/responder.mjs")) return undefined;
      expect(request.method).toBe("GET");
      return new Response("console.log('somebody else's')");
    });
    const { code, failed } = await setUp(machine, server);
    expect(code).toBe(1);
    expect(failed).toBe("responder.mjs is not what the manifest names: 30 bytes came");
    const kept = globSync("opt/deferred/**/responder.mjs", { cwd: machine.root });
    expect(kept).toEqual([]);
  });

  test("because the disk is full says so, and goes on once there is room", async () => {
    const server = await startMachineServer();
    await machine.run("rm", "-rf", "/opt/deferred");
    await prepare(machine, server);
    const onSmallDisk = `cp -r /opt/deferred/set-up /root && mount -t tmpfs -o size=20m none /opt &&
      mkdir /opt/deferred && exec python3 -I -S /root/set-up`;
    const { code } = await machine.run("sh", "-c", onSmallDisk);
    expect(code).toBe(1);
    expect(failureOf(server)).toBe("the disk is full");
    expect((await setUp(machine, await startMachineServer())).code).toBe(0);
  });

  describe.concurrent("and the machine", () => {
    test("whose set-up never ends says so and powers itself off", async ({
      expect,
      onTestFinished: atEnd,
    }) => {
      const server = await serverWith(
        async (path) => (path.endsWith("/manifest") ? new Promise(() => {}) : undefined),
        { atEnd },
      );
      await server.run("echo hello\n");
      const booted = await launchMachine(server, { atEnd });
      const limits = join(booted.root, "etc/systemd/system/deferred-set-up.service.d");
      mkdirSync(limits);
      writeFileSync(join(limits, "limit.conf"), "[Service]\nTimeoutStartSec=1s\n");
      await booted.boot().ended;
      expect(booted.journal()).toContain("start operation timed out");
      expect(failureOf(server)).toMatch(/^it was stopped: it took too long/);
      expect(booted.console()).toContain("the set-up failed, and the machine powers off: it was");
    }, 90_000);

    test("whose set-up takes longer than its limit, but goes on, is waited for", async ({
      expect,
      onTestFinished: atEnd,
    }) => {
      const seconds = 20;
      const slow = Buffer.from(`// slow\n${readFileSync(responderBundle(), "utf8")}`);
      const sha256 = createHash("sha256").update(slow).digest("hex");
      const server = await serverWith(
        async (path) => {
          if (path.includes(sha256)) return new Response(inPieces(slow, seconds));
          if (!path.endsWith("/manifest")) return undefined;
          const files = (await server.manifest()).map((file) =>
            file.name === "node" ? file : { ...file, sha256, url: `/v1/machine/files/${sha256}/x` },
          );
          return Response.json({ files });
        },
        { atEnd },
      );
      const run = await server.run("echo hello\n");
      const booted = await launchMachine(server, { of: machine.root, atEnd });
      const limits = join(booted.root, "etc/systemd/system/deferred-set-up.service.d");
      mkdirSync(limits);
      writeFileSync(join(limits, "limit.conf"), `[Service]\nTimeoutStartSec=${seconds - 5}s\n`);
      booted.boot();
      expect(await server.result(run)).toMatchObject({ state: "succeeded" });
    }, 120_000);

    test("whose responder is too old for its server gets the server's own", async ({
      expect,
      onTestFinished: atEnd,
    }) => {
      // What a server before this one would have offered.
      const old = "process.exit(6)";
      const sha256 = createHash("sha256").update(old).digest("hex");
      let isUpgraded = false;
      const server = await serverWith(
        async (path) => {
          if (path.includes(sha256)) return new Response(old);
          if (isUpgraded || !path.endsWith("/manifest")) return undefined;
          isUpgraded = true;
          const files = (await server.manifest()).map((file) =>
            file.name === "node" ? file : { ...file, sha256, url: `/v1/machine/files/${sha256}/x` },
          );
          return Response.json({ files });
        },
        { atEnd },
      );
      const run = await server.run("echo hello\n");
      const booted = await launchMachine(server, { of: machine.root, atEnd });
      booted.boot();
      expect(await server.result(run)).toMatchObject({ state: "succeeded" });
      expect(server.steps()).toEqual(["4/4 responder", "4/4 responder"]);
    }, 90_000);

    test("whose responder ends again and again powers itself off", async ({
      expect,
      onTestFinished: atEnd,
    }) => {
      let refusals = 0;
      const server = await serverWith(
        async (path) => {
          if (!path.endsWith("/register")) return undefined;
          refusals++;
          return Response.json({ code: "protocol_version_wrong", title: "" }, { status: 409 });
        },
        { atEnd },
      );
      await server.run("echo hello\n");
      const booted = await launchMachine(server, { of: machine.root, atEnd });
      await booted.boot().ended;
      expect(refusals).toBe(4);
    }, 90_000);
  });
});
