import { cpSync, existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { bakeUserData } from "../server/providers/cloud-init/user-data.ts";
import { startEc2System } from "../test/e2e/ec2-system.ts";
import { compressedNode, prepareMachines, responderBundle } from "../test/e2e/machine-files.ts";
import { eventually } from "../test/eventually.ts";
import { machinesOf } from "../test/services/blank-machine/hardware.ts";
import { newMachineFolder } from "../test/services/blank-machine/leftovers.ts";
import { cannotBoot, machineIn } from "../test/services/blank-machine/machine.ts";
import { startMetadata } from "../test/services/metadata.ts";
import type { Bench, Figure } from "./figure.ts";

/** Seconds from the begin of the set-up to each of its steps, and to the claim, in order. */
async function wakeOn(disk: string): Promise<{ name: string; s: number }[]> {
  const folders: string[] = [];
  const hardware = machinesOf(disk);
  const system = await startEc2System({
    ec2: {
      hardware: {
        boot(instance) {
          folders.push(instance.folder);
          return hardware.boot(instance);
        },
      },
    },
    bundle: responderBundle(),
    prepare: withCompressedNode,
    times: { policy: { bootMs: 60_000 } },
    env: { DEFERRED_EC2_LIFECYCLE: "warm", DEFERRED_EC2_RUNTIMES: "bash,python" },
  });
  try {
    const run = await system.run("echo hello\n");
    const result = await system.result(run);
    if (result.stdout !== "hello\n") throw new Error(JSON.stringify(result));
    const [instance] = system.ec2.store.instances.values();
    await eventually(async () => (instance!.state === "stopped" ? true : undefined));
    const journal = machineIn(folders[0]!, { metadataUrl: "" }).journal();
    const began = Number(/^(\d+\.\d+) .* Starting deferred-set-up/m.exec(journal)![1]);
    const events = await system.events(run);
    const claimed = events.find((event) => event.type === "attempt_started")!;
    const steps = [...journal.matchAll(/^(\d+\.\d+) .* setting up \d\/\d: (.*)$/gm)];
    return [
      ...steps.map(([, at, name]) => ({ name: name!, s: Number(at) - began })),
      { name: "claimed", s: Date.parse(claimed.at) / 1000 - began },
    ];
  } finally {
    await system.close();
  }
}

/** The disk of a machine that was baked from the blank one. */
async function bake(folder: string): Promise<string> {
  const system = await startEc2System({ bundle: responderBundle(), prepare: withCompressedNode });
  const userData = bakeUserData(system.url, ["bash", "python"]);
  const metadata = await startMetadata({ instanceId: "i-0fedcba9876543210", userData });
  try {
    const machine = machineIn(folder, { metadataUrl: metadata.url });
    await machine.boot().ended;
    return machine.root;
  } finally {
    await metadata.close();
    await system.close();
  }
}

function withCompressedNode(data: string): void {
  if (!existsSync(compressedNode)) return;
  cpSync(compressedNode, join(data, "cache/machine"), { recursive: true });
}

export const machineBoot: Bench = {
  name: "machine",
  summary:
    "From the begin of a machine's set-up to its first claim, on a blank disk and on a baked one.",
  async run(): Promise<Figure[]> {
    if (cannotBoot) {
      process.stderr.write(`no machine is booted: ${cannotBoot}\n`);
      return [];
    }
    await prepareMachines();
    const folder = newMachineFolder();
    const blankFolder = newMachineFolder();
    try {
      const { root } = machineIn(blankFolder, { metadataUrl: "" });
      // A cloud's image has no lists of Debian's packages.
      rmSync(join(root, "var/lib/apt/lists"), { recursive: true });
      const blank = await wakeOn(root);
      const [claimed] = (await wakeOn(await bake(folder))).slice(-1);
      const steps = blank.map(({ name, s }) => `${name} at ${s.toFixed(1)}`).join(", ");
      const row = (name: string, s: number, bound: number, beside: string) => ({
        name,
        measured: "",
        beside,
        value: s,
        bound,
        unit: " s",
      });
      return [
        row("set-up to claim, baked disk", claimed!.s, 3, ""),
        row("set-up to claim, blank disk", blank.at(-1)!.s, Number.POSITIVE_INFINITY, steps),
      ];
    } finally {
      for (const one of [folder, blankFolder]) rmSync(one, { recursive: true, force: true });
    }
  },
};
