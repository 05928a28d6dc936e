import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { paths } from "../../../protocol/paths.ts";
import { LaunchError } from "../../../server/providers/compute.ts";
import { openSqlite } from "../../../server/database/sqlite.ts";
import { markLeaving } from "../../../server/fleet/drain.ts";
import { eventually } from "../../eventually.ts";
import { ended, idleMachine, stoppedMachine } from "./lives.ts";
import { playedCompute } from "./played-compute.ts";
import { startStage, type Stage } from "./stage.ts";

const MINUTE = 60_000;

const stateIs = (stage: Stage, state: string, index = 0) =>
  eventually(async () => ((await stage.states())[index] === state ? true : undefined));

const machineOf = (stage: Stage) =>
  stage.database.queries.selectFrom("machines").selectAll().executeTakeFirstOrThrow();

/** A list whose answer is as of when it was asked for, and comes when the test says so. */
function heldList(stage: Stage) {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const { list } = stage.provider.compute;
  stage.provider.compute.list = async () => {
    stage.provider.compute.list = list;
    const answer = await list();
    await promise;
    return answer;
  };
  return () => resolve(undefined);
}

describe("a machine whose launch was answered to a server that died", () => {
  test("is found by its launch although it has come further since, and stopped when idle", async () => {
    const before = await startStage();
    const { promise: never } = Promise.withResolvers<never>();
    const { launch: launchFor } = before.provider.compute;
    before.provider.compute.launch = async (spec) => {
      await launchFor(spec);
      return never;
    };
    const run = await before.run();
    const launch = await before.launched();
    await before.call("POST", paths.responder.progress, {
      launch_id: launch.launch_id,
      registration_token: launch.registration_token,
      phase: "booting",
    });
    await before.until(run, ({ waking }) => waking?.phase === "booting");
    await before.close();
    before.provider.compute.launch = launchFor;

    const after = await startStage({ from: before });
    const machine = await after.boots(launch);
    await machine.finish(await machine.claimOne());
    expect(await ended(after, run)).toMatchObject({ state: "succeeded", attempt: 1 });
    for (let s = 0; s < 120; s += 20) {
      await machine.post(paths.responder.renew, { runs: [] });
      await after.pass(20_000);
    }
    await stateIs(after, "stopped");
    await after.asked("launch", `stop i-${launch.launch_id}`);
  });
});

describe("a list that was long in coming", () => {
  test("stops no machine that was started meanwhile", async () => {
    const stage = await startStage();
    const { launch, id } = await stoppedMachine(stage);
    await stage.pass(3 * MINUTE);
    const answer = heldList(stage);
    const { compute } = stage.provider;
    const held = compute.list;
    compute.list = async () => {
      // It is seen on its way up while the record still calls it stopped.
      stage.provider.machines.get(launch.launch_id)!.state = "running";
      return held();
    };
    await stage.pass(MINUTE);
    const run = await stage.run();
    await stage.asked("launch", `stop ${id}`, `start ${id}`);
    answer();
    await stage.until(run, ({ waking }) => waking?.phase === "starting");
    await stage.pass(1000);
    expect(stage.provider.calls).toEqual(["launch", `stop ${id}`, `start ${id}`]);
    const machine = await stage.boots(launch);
    await machine.finish(await machine.claimOne());
    expect(await ended(stage, run)).toMatchObject({ state: "succeeded", attempt: 1 });
  });

  test("takes nothing for stopped that was started meanwhile", async () => {
    const stage = await startStage();
    const { machine, launch, id } = await idleMachine(stage);
    await machine.post(paths.responder.leave);
    stage.provider.machines.get(launch.launch_id)!.state = "stopped";
    const answer = heldList(stage);
    await stage.pass(10_000);
    // Its silence ends it before the list does, and then it is wanted again.
    await stage.pass(61_000);
    await stateIs(stage, "stopped");
    const run = await stage.run();
    await stage.asked("launch", `stop ${id}`, `start ${id}`);
    answer();
    await stage.until(run, ({ waking }) => waking?.phase === "starting");
    await stage.pass(1000);
    expect(await stage.states()).toEqual(["launching"]);
  });
});

test("a machine that its provider takes away before it said anything is not waited for", async () => {
  const stage = await startStage();
  const run = await stage.run();
  const { launch_id: launchId } = await stage.launched();
  await stage.until(run, ({ waking }) => waking?.phase === "starting");
  await stage.pass(10_000);
  stage.provider.machines.delete(launchId);
  await stage.pass(10_000);
  expect(await stage.states()).toEqual(["launching"]);
  await eventually(async () => {
    await stage.pass(10_000);
    return (await stage.events(run)).find(({ type }) => type === "retrying");
  });
  await expect.poll(async () => (await stage.wakes())[0]).toMatchObject({ reason: "boot_failed" });
});

test("one empty list ends no machine that is kept", async () => {
  const stage = await startStage();
  const { launch } = await stoppedMachine(stage);
  await stage.pass(10 * MINUTE);
  const kept = stage.provider.machines.get(launch.launch_id)!;
  stage.provider.machines.clear();
  await stage.pass(MINUTE);
  stage.provider.machines.set(launch.launch_id, kept);
  await stage.pass(MINUTE);
  await stage.pass(MINUTE);
  expect(await stage.states()).toEqual(["stopped"]);
  stage.provider.machines.clear();
  // A look at the provider that takes its time is not waited for by the clock.
  await eventually(async () => {
    await stage.pass(MINUTE);
    return (await stage.states())[0] === "gone" ? true : undefined;
  });
});

test("failures that a machine followed which came up and went idle are forgiven", async () => {
  const stage = await startStage();
  const fail = (count: number) => {
    let left = count;
    stage.provider.instead.launch = () =>
      left-- > 0 ? Promise.reject(new LaunchError("boot_failed", "no")) : undefined;
  };
  fail(1);
  const first = await stage.run();
  await stage.until(first, ({ state }) => state === "retrying");
  await stage.pass(1000);
  const machine = await stage.boots(await stage.launched());
  await machine.finish(await machine.claimOne());
  await machine.post(paths.responder.leave);
  stage.provider.machines.clear();
  await stage.pass(61_000);
  await stateIs(stage, "stopped", 1);
  stage.provider.instead.start = stage.provider.fails(new LaunchError("boot_failed", "no"));

  // The first failure after that is tried again, as any first one.
  const next = await stage.run();
  await stage.until(next, ({ state, ending }) => state === "retrying" || ending !== undefined);
  expect((await stage.view(next)).state).toBe("retrying");
});

test("machines of a provider that the settings name no more are told to whoever has to end them", async () => {
  const before = await startStage();
  const { id } = await stoppedMachine(before);
  await before.close();
  const provider = playedCompute({ name: "other" });
  const after = await startStage({ from: { ...before, provider } });
  await after.boots(await (await after.run(), after.launched()));
  expect(await after.states()).toEqual(["gone", "ready"]);
  expect(after.logged.filter(({ msg }) => msg.includes("end it there yourself"))).toEqual([
    expect.objectContaining({ compute: "played", provider_id: id }),
  ]);
  expect(provider.calls).toEqual(["launch"]);
});

test("a machine that comes up just as it is given up for lost stays", async () => {
  const stage = await startStage();
  const run = await stage.run();
  const launch = await stage.launched();
  const machine = await stage.boots(launch);
  await markLeaving(stage.database, launch.launch_id, {
    ...{ keptBy: "ready", reason: "boot_failed" },
    now: stage.clock.at,
  });
  expect(await stage.states()).toEqual(["ready"]);
  await machine.finish(await machine.claimOne());
  expect(await ended(stage, run)).toMatchObject({ state: "succeeded", attempt: 1 });
});

test("whoever waited hears that a machine failed before the next is asked for, from the next server too", async () => {
  const before = await startStage();
  const run = await before.run();
  const launch = await before.launched();
  await before.close();
  // It died just when that was on record.
  const database = await openSqlite(join(before.root, "deferred.db"));
  const given = { keptBy: "ready", reason: "taken_back", now: before.clock.at } as const;
  await markLeaving(database, launch.launch_id, given);
  await database.close();

  const after = await startStage({ from: before });
  await eventually(async () => {
    await after.pass(1000);
    return after.provider.launchFiles[1];
  });
  const machine = await after.boots(await after.launched(2));
  await machine.finish(await machine.claimOne());
  expect(await ended(after, run)).toMatchObject({ state: "succeeded", attempt: 2 });
  const told = (await after.events(run)).filter(({ type }) => type === "retrying");
  expect(told).toMatchObject([{ reason: { code: "taken_back" } }]);
});

test("a storage that never answers keeps the fleet from nothing", async () => {
  const stage = await startStage({ policy: { budget: { hours: 10, projectHours: 0.05 } } });
  const { put } = stage.storage;
  stage.storage.put = () => new Promise<never>(() => {});
  await stage.run();
  await stage.launched();
  await stage.pass(4 * MINUTE);
  const spent = await Promise.all(Array.from({ length: 5 }, () => stage.run()));
  await Promise.all(spent.map((run) => stage.until(run, ({ state }) => state === "errored")));
  const others = await stage.run("other/project");
  await stage.until(others, ({ state }) => state === "waking");
  stage.storage.put = put;
});

test("a launch that was given up asks for nothing more", async () => {
  const stage = await startStage();
  const { promise: more, resolve: goOn } = Promise.withResolvers<undefined>();
  stage.provider.instead.launch = () => more as Promise<never>;
  const run = await stage.run();
  const spec = await eventually(async () => stage.provider.specs[0]);
  await spec.onOffer({ number: 1, of: 2, name: "spot t3.small" });
  await stage.pass(5 * MINUTE + 1);
  await stage.until(run, ({ state }) => state === "retrying");
  await expect(spec.onOffer({ number: 2, of: 2, name: "on-demand t3.small" })).rejects.toThrow(
    "given up",
  );
  goOn(undefined);
  expect((await machineOf(stage)).state).toBe("gone");
});
