import { createHash } from "node:crypto";
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { newMachineFolder } from "../services/blank-machine/leftovers.ts";
import { cannotBoot, machineIn, type Machine } from "../services/blank-machine/machine.ts";
import { PREPARE_MS, prepareMachines } from "./machine-files.ts";
import {
  launchMachine,
  startMachineServer,
  type Fault,
  type MachineServer,
} from "./machine-server.ts";

const root = join(import.meta.dirname, "../..");
const PATIENCE_S = 1;

/** Puts onto a machine that is not booted what cloud-init would, for a launch of `server`. */
async function prepare(machine: Machine, server: MachineServer, serverUrl = server.url) {
  await server.run("echo hello\n");
  const launch = { ...(await server.launched()), server_url: serverUrl, unreachable_s: PATIENCE_S };
  const write = (path: string, text: string) =>
    writeFileSync(join(machine.root, path), text, { mode: 0o600 });
  await machine.run("mkdir", "-p", "/etc/deferred", "/opt/deferred");
  write("etc/deferred/launch.json", JSON.stringify(launch));
  write("etc/deferred/set-up.json", JSON.stringify({ server_url: serverUrl, runtimes: ["bash"] }));
  write("opt/deferred/set-up.py", readFileSync(join(root, "server/machine/set-up.py"), "utf8"));
}

async function setUp(machine: Machine, server: MachineServer, serverUrl?: string) {
  await prepare(machine, server, serverUrl);
  const { code, output } = await machine.run("python3", "-I", "-S", "/opt/deferred/set-up.py");
  return { code, output, failed: failureOf(server) };
}

const failureOf = (server: MachineServer) => server.progress.findLast((one) => one.failed)?.failed;

async function serverWith(fault: Fault): Promise<MachineServer> {
  const server = await startMachineServer();
  server.letFail(fault);
  return server;
}

describe.skipIf(cannotBoot)(
  `a set-up that can't go on${cannotBoot ? ` (${cannotBoot})` : ""}`,
  () => {
    let machine: Machine;
    let folder: string;
    beforeAll(async () => {
      await prepareMachines();
      folder = newMachineFolder();
      machine = machineIn(folder, { metadataUrl: "" });
    }, PREPARE_MS);
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

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
      const { code, output } = await setUp(machine, server, "http://127.0.0.1:9");
      expect(code).toBe(1);
      expect(output).toContain("Connection refused");
      expect(server.progress).toEqual([]);
    });

    test("because the server is not https does not begin", async () => {
      const server = await startMachineServer();
      const { code, output } = await setUp(machine, server, "http://192.0.2.1");
      expect(code).toBe(1);
      expect(output).toContain("http://192.0.2.1 is not https");
    });

    test("because the launch is not the server's stops at once", async () => {
      const server = await startMachineServer();
      const stranger = await startMachineServer();
      const { code, output } = await setUp(machine, server, stranger.url);
      expect(code).toBe(1);
      expect(output).toContain("the server does not know this launch");
      expect(output).not.toContain("apt-get");
    });

    test("because packages can't be had says what apt said", async () => {
      const server = await startMachineServer();
      const list = join(machine.root, "etc/apt/sources.list.d/broken.list");
      writeFileSync(list, "deb [trusted=yes] file:/nowhere ./\n");
      onTestFinished(() => rmSync(list));
      const { code, failed } = await setUp(machine, server);
      expect(code).toBe(1);
      expect(failed).toMatch(/^apt-get -q update ended with 100: E: .*\/nowhere/);
    });

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
    }, 30_000);

    test("because the disk is full says so, and goes on once there is room", async () => {
      const server = await startMachineServer();
      await machine.run("rm", "-rf", "/opt/deferred");
      await prepare(machine, server);
      const onSmallDisk = `cp /opt/deferred/set-up.py /root && mount -t tmpfs -o size=20m none /opt &&
      mkdir /opt/deferred && exec python3 -I -S /root/set-up.py`;
      const { code } = await machine.run("sh", "-c", onSmallDisk);
      expect(code).toBe(1);
      expect(failureOf(server)).toBe("the disk is full");
      expect((await setUp(machine, await startMachineServer())).code).toBe(0);
    }, 30_000);

    describe("and the machine", () => {
      test("whose set-up never ends powers itself off", async () => {
        const server = await serverWith(async (path) =>
          path.endsWith("/manifest") ? new Promise(() => {}) : undefined,
        );
        await server.run("echo hello\n");
        const booted = await launchMachine(server);
        const limits = join(booted.root, "etc/systemd/system/deferred-set-up.service.d");
        mkdirSync(limits);
        writeFileSync(join(limits, "limit.conf"), "[Service]\nTimeoutStartSec=1s\n");
        await booted.boot().ended;
        expect(booted.journal()).toContain("start operation timed out");
      }, 30_000);

      test("whose responder is too old for its server gets the server's own", async () => {
        // What a server before this one would have offered.
        const old = "process.exit(6)";
        const sha256 = createHash("sha256").update(old).digest("hex");
        let isUpgraded = false;
        const server = await serverWith(async (path) => {
          if (path.includes(sha256)) return new Response(old);
          if (isUpgraded || !path.endsWith("/manifest")) return undefined;
          isUpgraded = true;
          const files = (await server.manifest()).map((file) =>
            file.name === "node" ? file : { ...file, sha256, url: `/v1/machine/files/${sha256}/x` },
          );
          return Response.json({ files });
        });
        const run = await server.run("echo hello\n");
        const booted = await launchMachine(server, { of: machine.root });
        booted.boot();
        expect(await server.result(run)).toMatchObject({ state: "succeeded" });
        expect(server.steps()).toEqual(["4/4 responder", "4/4 responder"]);
      }, 30_000);

      test("whose responder ends again and again powers itself off", async () => {
        let refusals = 0;
        const server = await serverWith(async (path) => {
          if (!path.endsWith("/register")) return undefined;
          refusals++;
          return Response.json({ code: "protocol_version_wrong", title: "" }, { status: 409 });
        });
        await server.run("echo hello\n");
        const booted = await launchMachine(server, { of: machine.root });
        await booted.boot().ended;
        expect(refusals).toBe(4);
      }, 30_000);
    });
  },
);
