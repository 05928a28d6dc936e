import { expect, test } from "vitest";
import { cannotBoot } from "../services/blank-machine/machine.ts";
import { launchMachine, startMachineServer } from "./machine-server.ts";

test.skipIf(cannotBoot)(
  "a blank machine sets itself up and claims the run that woke it",
  async () => {
    const server = await startMachineServer();
    const run = await server.run("echo hello\n");
    const machine = await launchMachine(server);
    const began = performance.now();
    const first = machine.boot();
    expect(await server.result(run)).toMatchObject({ state: "succeeded", stdout: "hello\n" });
    console.log("first boot", performance.now() - began, server.progress);
    await first.kill();
    const again = await server.run("echo again\n");
    server.progress.length = 0;
    const second = performance.now();
    machine.boot();
    expect(await server.result(again)).toMatchObject({ state: "succeeded", stdout: "again\n" });
    console.log("second boot", performance.now() - second, server.progress);
    console.log(
      machine
        .journal()
        .split("\n")
        .filter((l) => /deferred|node|python3|cloud-init/.test(l))
        .slice(-80)
        .join("\n"),
    );
  },
  60_000,
);
