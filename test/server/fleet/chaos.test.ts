import { expect, test } from "vitest";
import { paths } from "../../../protocol/paths.ts";
import type { Assignment } from "../../../protocol/responder.ts";
import { isEnded } from "../../../protocol/run.ts";
import type { ProvidedMachine } from "../../../server/providers/compute.ts";
import { LaunchError } from "../../../server/providers/compute.ts";
import { eventually } from "../../eventually.ts";
import { randomFrom } from "../../random-from.ts";
import { playMachine } from "../played-machine.ts";
import { playedCompute } from "./played-compute.ts";
import { startStage, type Stage } from "./stage.ts";

const SEEDS = 6;
const STEPS = 60;
const MINUTE = 60_000;

/** A provider whose every call may fail, before or after it took effect, and whose lists may be old. */
function faultyCompute(random: () => number, restarts: boolean) {
  const provider = playedCompute({ restarts });
  const { launch, start, stop, destroy, list } = provider.compute;
  let faults = true;
  let before: ProvidedMachine[] = [];
  const faulty =
    <Given extends unknown[], Answer>(call: (...given: Given) => Promise<Answer>) =>
    async (...given: Given): Promise<Answer> => {
      const chance = faults ? random() : 1;
      if (chance < 0.1) throw new Error("the request was lost");
      if (chance < 0.15) throw new LaunchError("no_capacity", "none is to be had");
      const answer = await call(...given);
      if (chance < 0.25) throw new Error("the answer was lost");
      return answer;
    };
  Object.assign(provider.compute, {
    launch: faulty(launch),
    start: faulty(start),
    stop: faulty(restarts ? stop : destroy),
    destroy: faulty(destroy),
    list: faulty(async () => {
      const now = await list();
      const answer = faults && random() < 0.3 ? before : now;
      before = now;
      return answer;
    }),
  });
  return Object.assign(provider, { calm: () => (faults = false) });
}

/** One step in the life of each machine that runs. */
async function live(
  stage: Stage,
  booted: Map<string, string>,
  random: () => number,
): Promise<void> {
  for (const machine of stage.provider.machines.values()) {
    if (machine.state !== "running") {
      booted.delete(machine.launchId);
      continue;
    }
    const powerOff = () => {
      booted.delete(machine.launchId);
      if (stage.provider.compute.restarts) machine.state = "stopped";
      else stage.provider.machines.delete(machine.launchId);
    };
    const chance = random();
    const launch = stage.provider.launchFiles.find(
      ({ launch_id }) => launch_id === machine.launchId,
    )!;
    const known = booted.get(machine.launchId);
    if (known === undefined) {
      if (chance > 0.7) continue;
      const response = await stage.register(launch);
      const { token } = (await response.json()) as { token?: string };
      if (token === undefined) powerOff();
      else booted.set(machine.launchId, token);
      continue;
    }
    const played = playMachine(stage.call, launch, known);
    if (chance < 0.05) powerOff();
    else if (chance < 0.1) {
      if ((await played.post(paths.responder.leave)).ok) powerOff();
    } else {
      const claimed = await played.post(paths.responder.claim, { slots: 2, wait_s: 0 });
      if (!claimed.ok) {
        powerOff();
        continue;
      }
      const { runs } = (await claimed.json()) as { runs: Assignment[] };
      for (const one of runs) if (random() < 0.9) await played.finish(one);
    }
  }
}

test.for(Array.from({ length: SEEDS }, (_, index) => index + 1))(
  "whatever fails whenever, every run ends and no machine is left: %i",
  { timeout: 60_000 },
  async (seed) => {
    const random = randomFrom(seed);
    const provider = faultyCompute(random, seed % 2 === 0);
    const booted = new Map<string, string>();
    const first = await startStage({ provider });
    let stage = first;
    const restart = async () => {
      await stage.close();
      stage = await startStage({ from: first });
    };
    const runs: string[] = [];
    for (let step = 0; step < STEPS; step++) {
      if (random() < 0.3) runs.push(await stage.run());
      await live(stage, booted, random);
      await stage.pass(random() < 0.1 ? 90_000 : 5000);
      if (random() < 0.1) await restart();
    }
    provider.calm();
    await restart();
    await eventually(async () => {
      await live(stage, booted, () => 0.5);
      await stage.pass(5000);
      const views = await Promise.all(runs.map((run) => stage.view(run)));
      return views.every(({ state }) => isEnded(state)) ? true : undefined;
    });
    // Whoever was booted is silent from now on.
    await eventually(async () => {
      await stage.pass(2 * MINUTE);
      const alive = (await stage.states()).filter((state) => state !== "gone");
      return alive.every((state) => state === "stopped") ? true : undefined;
    });
    await stage.pass(5 * MINUTE);
    await eventually(async () => {
      await stage.pass(MINUTE);
      const kept = await stage.database.queries
        .selectFrom("machines")
        .select("provider_id as id")
        .where("state", "=", "stopped")
        .execute();
      const there = [...provider.machines.values()];
      return there.every(
        (one) => one.state === "stopped" && kept.some(({ id }) => id === one.providerId),
      )
        ? true
        : undefined;
    });
    const open = (await stage.wakes()).filter(({ ended_at }) => ended_at === null);
    expect(open).toEqual([]);
  },
);
