import { cpSync, existsSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { eventually } from "../eventually.ts";
import { machinesOf } from "../services/blank-machine/hardware.ts";
import { cannotBoot } from "../services/blank-machine/machine.ts";
import { startEc2System } from "./ec2-system.ts";
import { compressedNode, PREPARE_MS, prepareMachines, responderBundle } from "./machine-files.ts";

describe.skipIf(cannotBoot)(`EC2${cannotBoot ? ` (${cannotBoot})` : ""}`, () => {
  beforeAll(prepareMachines, PREPARE_MS);

  test("boots a blank machine for a run, stops it when idle, and starts it for the next", async () => {
    const system = await startEc2System({
      ec2: { hardware: machinesOf() },
      bundle: responderBundle(),
      prepare(data) {
        if (existsSync(compressedNode)) {
          cpSync(compressedNode, join(data, "cache/machine"), { recursive: true });
        }
      },
      times: { pace: { firstMs: 10, mostMs: 100, limitMs: 3000 }, policy: { bootMs: 40_000 } },
      env: { DEFERRED_EC2_LIFECYCLE: "warm", DEFERRED_EC2_RUNTIMES: "bash,python" },
    });
    onTestFinished(() => system.close());
    const first = await system.run("echo hello\n");
    expect(await system.result(first)).toMatchObject({ state: "succeeded", stdout: "hello\n" });
    const told = (await system.events(first)).filter((event) => event.type === "waking");
    expect(told.map(({ phase, step }) => `${phase} ${step?.name ?? ""}`.trim())).toEqual(
      expect.arrayContaining(["booting", "setting_up system packages", "setting_up responder"]),
    );
    await system.says("a machine stopped itself");

    const second = await system.run("echo again\n");
    expect(await system.result(second)).toMatchObject({ state: "succeeded", stdout: "again\n" });
    const toldAgain = (await system.events(second)).filter((event) => event.type === "waking");
    expect(toldAgain.map(({ phase }) => phase)).not.toContain("setting_up");
    expect(system.ec2.store.instances.size).toBe(1);
    const [instance] = system.ec2.store.instances.values();
    await eventually(async () => (instance!.state === "stopped" ? true : undefined));
  }, 60_000);
});
