import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { bakeUserData } from "../server/providers/cloud-init/user-data.ts";
import { prepareMachines } from "../test/e2e/machine-files.ts";
import {
  launchMachine,
  startMachineServer,
  type MachineServer,
} from "../test/e2e/machine-server.ts";
import { removeMachineFolder } from "../test/services/blank-machine/disk.ts";
import { newMachineFolder } from "../test/services/blank-machine/leftovers.ts";
import { cannotBoot, machineIn } from "../test/services/blank-machine/machine.ts";
import { startMetadata } from "../test/services/metadata.ts";
import type { AtEnd } from "../test/systems/process.ts";
import { percentile, spread, type Bench, type Figure } from "./figure.ts";

const BOOTS = 3;
/** The set-up of an image that has everything already. */
const SET_UP = "the set-up has nothing to do";
const SET_UP_MS = 400;

interface JournalEntry {
  /** Milliseconds since the machine was switched on. */
  ms: number;
  text: string;
}

/** What to do once the bench is over, last first. */
type Endings = Parameters<AtEnd>[0][];

function readJournal(root: string, since: number): JournalEntry[] {
  const args = ["-D", join(root, "var/log/journal"), "-o", "json"];
  const { stdout } = spawnSync("journalctl", args, { encoding: "utf8", maxBuffer: 64 * 2 ** 20 });
  return stdout
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as { __REALTIME_TIMESTAMP: string; MESSAGE: unknown })
    .map((entry) => ({
      ms: Number(entry.__REALTIME_TIMESTAMP) / 1000 - since,
      text: String(entry.MESSAGE),
    }))
    .filter(({ ms }) => ms >= 0);
}

/** The steps of a boot, each with the moment at which it ended. */
function stepsOf(journal: readonly JournalEntry[], result: number): Map<string, number> {
  const find = (text: string) => {
    const entry = journal.find((one) => one.text.includes(text));
    if (!entry) throw new Error(`the journal does not say "${text}"`);
    return entry;
  };
  const registered = find('"message":"registered"');
  const steps = JSON.parse(registered.text) as Record<string, number>;
  const began = registered.ms - steps["registered_ms"]!;
  const at = (step: string) => began + steps[`${step}_ms`]!;
  return new Map([
    ["systemd writes its journal", find("Journal started").ms],
    ["cloud-init begins", find("running 'init-local'").ms],
    ["it has run the user data", find("Finished cloud-init-network.service").ms],
    ["the set-up begins", find("Starting deferred-set-up.service").ms],
    [SET_UP, find("Finished deferred-set-up.service").ms],
    ["Node and modules are loaded", at("modules")],
    ["runtimes are known", at("runtimes")],
    ["the first sandbox waits", at("sandbox")],
    ["the machine is registered", registered.ms],
    ["the program begins", find('"message":"attempt started"').ms],
    ["the result is stored", result],
  ]);
}

async function bake(server: MachineServer, ends: Endings): Promise<string> {
  const folder = newMachineFolder();
  const userData = bakeUserData(server.url, ["bash", "python"]);
  const metadata = await startMetadata({ instanceId: "i-0fedcba9876543210", userData });
  ends.push(async () => {
    await metadata.close();
    removeMachineFolder(folder);
  });
  const baking = machineIn(folder, { metadataUrl: metadata.url });
  await baking.boot().ended;
  return baking.root;
}

async function endAll(ends: Endings): Promise<void> {
  const context = { task: {} } as Parameters<Endings[number]>[0];
  for (const end of ends.toReversed()) await end(context);
}

/** Boots the image on a server of its own, for a run that waits. */
async function bootOnce(image: string): Promise<Map<string, number>> {
  const ends: Endings = [];
  const atEnd: AtEnd = (end) => void ends.push(end);
  try {
    const server = await startMachineServer({ atEnd });
    const run = await server.run("echo hello\n");
    const machine = await launchMachine(server, { of: image, atEnd });
    const since = Date.now();
    machine.boot();
    await server.result(run);
    return stepsOf(readJournal(machine.root, since), Date.now() - since);
  } finally {
    await endAll(ends);
  }
}

export const boot: Bench = {
  name: "boot",
  summary: `A baked image from power to a stored result in systemd-nspawn, ${BOOTS} times, step by step.`,
  async run() {
    if (cannotBoot) throw new Error(cannotBoot);
    await prepareMachines();
    const ends: Endings = [];
    try {
      const image = await bake(
        await startMachineServer({ atEnd: (end) => void ends.push(end) }),
        ends,
      );
      const boots: Map<string, number>[] = [];
      while (boots.length < BOOTS) boots.push(await bootOnce(image));
      const names = [...boots[0]!.keys()];
      return names.map((name, index): Figure => {
        const before = (steps: Map<string, number>) => steps.get(names[index - 1]!) ?? 0;
        const took = boots.map((steps) => steps.get(name)! - before(steps));
        const after = percentile(
          boots.map((steps) => steps.get(name)!),
          0.5,
        );
        return {
          name,
          measured: spread(took),
          beside: `after ${after.toFixed(0)} ms`,
          value: percentile(took, 0.5),
          bound: name === SET_UP ? SET_UP_MS : Number.POSITIVE_INFINITY,
          unit: " ms",
        };
      });
    } finally {
      await endAll(ends);
    }
  },
};
