import { spawnSync } from "node:child_process";
import { existsSync, globSync, statSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { bakeUserData } from "../../server/providers/cloud-init/user-data.ts";
import { eventually } from "../eventually.ts";
import { removeMachineFolder } from "../services/blank-machine/disk.ts";
import { newMachineFolder } from "../services/blank-machine/leftovers.ts";
import { cannotBoot, machineIn } from "../services/blank-machine/machine.ts";
import { startMetadata } from "../services/metadata.ts";
import { skippedBecause } from "../needs.ts";
import { PREPARE_MS, prepareMachines } from "./machine-files.ts";
import { launchMachine, startMachineServer, type MachineServer } from "./machine-server.ts";

/** A machine that `userData` is for, which goes with the test. */
async function machineFor(userData: string, of?: string) {
  const folder = newMachineFolder();
  const metadata = await startMetadata({ instanceId: "i-0fedcba9876543210", userData });
  const machine = machineIn(folder, { metadataUrl: metadata.url, of });
  onTestFinished(async ({ task }) => {
    await machine.kill();
    if (task.result?.state === "fail") console.log(machine.console());
    await metadata.close();
    removeMachineFolder(folder);
  });
  return machine;
}

describe("an image", skippedBecause(cannotBoot), () => {
  beforeAll(prepareMachines, PREPARE_MS);

  test("is baked with every step done and nothing of one machine left", async () => {
    const server = await startMachineServer();
    const baking = await machineFor(bakeUserData(server.url, ["bash", "python"]));
    await baking.boot().ended;
    expect(baking.console()).toContain("ready to be an image");
    expect(server.progress).toEqual([]);
    expect(server.registered).toEqual([]);
    const has = (path: string) => existsSync(join(baking.root, path));
    for (const kept of ["opt/deferred/node", "opt/deferred/responder.mjs", "usr/bin/bwrap"]) {
      const there = spawnSync("test", ["-e", join(baking.root, kept)]);
      expect(there.status, kept).toBe(0);
    }
    const gone = [
      "etc/deferred",
      "var/lib/deferred",
      "var/lib/cloud/instance",
      "opt/deferred/clean.sh",
    ];
    for (const path of gone) expect(has(path), path).toBe(false);
    expect(statSync(join(baking.root, "etc/machine-id")).size).toBe(0);
    expect(has("var/log/cloud-init.log")).toBe(false);
    expect(globSync("etc/ssh/ssh_host_*", { cwd: baking.root })).toEqual([]);
    // The time of its own power-off is in wtmp, where there is one.
    const find = [join(baking.root, "var/log"), "-type", "f", "-size", "+0", "-printf", "%P\n"];
    expect(["", "wtmp\n"]).toContain(spawnSync("find", find, { encoding: "utf8" }).stdout);

    await Promise.all([bootsLikeAnyOther(baking.root), claimsAtOnce(baking.root, server)]);
  }, 120_000);
});

/** Without a launch it is a machine like any other. */
async function bootsLikeAnyOther(image: string): Promise<void> {
  const machine = await machineFor("#cloud-config\nruncmd: [[touch, /root/booted]]\n", image);
  const running = machine.boot();
  await eventually(async () => (existsSync(join(machine.root, "root/booted")) ? true : undefined));
  await running.shutdown();
  expect(machine.journal()).not.toMatch(/Started|Starting/);
}

async function claimsAtOnce(image: string, server: MachineServer): Promise<void> {
  const run = await server.run("echo hello\n");
  const machine = await launchMachine(server, { of: image });
  machine.boot();
  expect(await server.result(run)).toMatchObject({ state: "succeeded", stdout: "hello\n" });
  expect(server.steps()).toEqual([]);
  // Its units were enabled and loaded when it was baked.
  const ofSystemd = ["-D", join(machine.root, "var/log/journal"), "-t", "systemd", "-o", "cat"];
  const { stdout: said } = spawnSync("journalctl", ofSystemd, { encoding: "utf8" });
  expect(said).toContain("Reached target");
  expect(said).not.toContain("Reloading");
}
