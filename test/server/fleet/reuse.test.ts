import { describe, expect, test } from "vitest";
import { paths } from "../../../protocol/paths.ts";
import { LaunchError } from "../../../server/providers/compute.ts";
import { usualWake, wakeFigures } from "../../../server/fleet/wake-figures.ts";
import { eventually } from "../../eventually.ts";
import { codeOf } from "../system.ts";
import { ended, idleMachine, stoppedMachine } from "./lives.ts";
import { startStage } from "./stage.ts";

const MINUTE = 60_000;

describe("a machine that can be started again", () => {
  test("is stopped when idle, started for the next run, and registers with its own key", async () => {
    const stage = await startStage();
    const { machine, launch, id } = await idleMachine(stage);
    for (let s = 0; s < 100; s += 20) {
      await machine.post(paths.responder.renew, { runs: [] });
      await stage.pass(20_000);
    }
    await stage.asked("launch", `stop ${id}`);
    await eventually(async () => ((await stage.states())[0] === "stopped" ? true : undefined));

    await stage.pass(3_600_000);
    const run = await stage.run();
    await stage.asked("launch", `stop ${id}`, `start ${id}`);
    await stage.pass(20_000);
    const again = await stage.boots(launch);
    await again.finish(await again.claimOne());
    expect(await ended(stage, run)).toMatchObject({ state: "succeeded", attempt: 1 });
    const wakes = await stage.wakes();
    expect(wakes.map(({ how, number }) => [how, number])).toEqual([
      ["launch", 1],
      ["start", 2],
    ]);
    expect(wakes[1]!.registered_at! - wakes[1]!.requested_at).toBe(20_000);
    const usual = (how: "launch" | "start") => usualWake(stage.database.queries, "shared", how);
    expect(await usual("launch")).toEqual({ p50_s: 0, p90_s: 0, wakes: 1 });
    expect(await usual("start")).toEqual({ p50_s: 20, p90_s: 20, wakes: 1 });
  });

  test("is told apart from one that is launched, and from one that has to be set up as well", async () => {
    const stage = await startStage({ policy: { maxMachines: 3 } });
    await stoppedMachine(stage);
    const [first] = await Promise.all([1, 2, 3, 4, 5].map(() => stage.run()));
    const { launch_id, registration_token } = await stage.launched(2);
    await stage.until(first!, ({ waking }) => waking?.phase === "starting");
    await eventually(async () => {
      const said = await stage.call("POST", paths.responder.progress, {
        ...{ launch_id, registration_token, phase: "setting_up" },
        step: { number: 1, of: 4, name: "system packages" },
      });
      return said.ok ? true : undefined;
    });
    await stage.pass(100_000);
    await stage.boots(await stage.launched(2));
    const { queries } = stage.database;
    expect(await wakeFigures(queries)).toEqual([
      { kind: "launch", p50_s: 0, p90_s: 0, wakes: 1 },
      { kind: "launch_set_up", p50_s: 100, p90_s: 100, wakes: 1 },
    ]);
    expect(await usualWake(queries, "shared", "launch")).toMatchObject({ wakes: 1, p50_s: 0 });
    expect(await usualWake(queries, "shared", "launch_set_up")).toMatchObject({ p50_s: 100 });
    await stage.boots(await stage.launched(1));
    expect((await wakeFigures(queries))[0]).toMatchObject({ kind: "start", p50_s: 100 });
  });

  test("is stopped as soon as it leaves, without a list that shows it", async () => {
    const stage = await startStage();
    const { id } = await stoppedMachine(stage);
    expect(stage.provider.calls).toEqual(["launch", `stop ${id}`]);
    expect((await stage.wakes())[0]).toMatchObject({ reason: "idle" });
  });

  test("is told to go where it comes up although nobody asked for it", async () => {
    const stage = await startStage();
    const { launch, id } = await stoppedMachine(stage);
    const answer = await stage.register(launch);
    expect(answer.status).toBe(410);
    expect(await codeOf(answer)).toBe("machine_leaving");
    await stage.pass(3 * MINUTE);
    stage.provider.machines.get(launch.launch_id)!.state = "running";
    // A look at the provider that takes its time is not waited for by the clock.
    await eventually(async () => {
      await stage.pass(MINUTE);
      return stage.provider.calls.length > 2 ? true : undefined;
    });
    await stage.asked("launch", `stop ${id}`, `stop ${id}`);
  });

  test("is given up where it can't be started, and another one is launched", async () => {
    const stage = await startStage();
    const { id } = await stoppedMachine(stage);
    stage.provider.instead.start = stage.provider.fails(new LaunchError("no_capacity", "none"));
    const run = await stage.run();
    await stage.until(run, ({ state }) => state === "retrying");
    expect((await stage.view(run)).retrying?.reason.code).toBe("no_capacity");
    await stage.pass(1000);
    const machine = await stage.boots(await stage.launched(2));
    await machine.finish(await machine.claimOne());
    expect(await ended(stage, run)).toMatchObject({ state: "succeeded" });
    expect(stage.provider.calls.toSorted()).toEqual(
      ["launch", "launch", `destroy ${id}`, `start ${id}`, `stop ${id}`].toSorted(),
    );
    expect((await stage.wakes())[1]).toMatchObject({ how: "start", counted: 0, detail: "none" });
  });

  test("is destroyed and not started where other settings made it", async () => {
    const stage = await startStage();
    const { launch, id } = await stoppedMachine(stage);
    stage.provider.machines.get(launch.launch_id)!.outdated = true;
    // A look that comes while the stop is still being noted leaves it to the next.
    await eventually(async () => {
      await stage.pass(MINUTE);
      return stage.provider.calls.includes(`destroy ${id}`) ? true : undefined;
    });
    expect(stage.provider.calls).toEqual(["launch", `stop ${id}`, `destroy ${id}`]);
    expect(await eventually(async () => (await stage.states()).find((one) => one === "gone"))).toBe(
      "gone",
    );
  });

  test("is not stopped for reuse when it never came up", async () => {
    const stage = await startStage();
    const run = await stage.run();
    const { launch_id: launchId } = await stage.launched();
    await stage.until(run, ({ waking }) => waking?.phase === "starting");
    await stage.pass(5 * MINUTE + 1);
    await stage.until(run, ({ state }) => state === "retrying");
    await eventually(
      async () => stage.provider.calls.includes(`destroy i-${launchId}`) || undefined,
    );
    await expect
      .poll(async () => (await stage.wakes())[0])
      .toMatchObject({ reason: "boot_failed", counted: 1 });
  });
});

test("a spare machine comes up beside one that works, is stopped at once, and is what comes next", async () => {
  const stage = await startStage({ policy: { spare: 1 } });
  const { machine, launch } = await idleMachine(stage);
  await stage.pass(1000);
  await stage.run();
  await machine.finish(await machine.claimOne());
  await stage.pass(1000);
  const second = await stage.launched(2);
  await stage.boots(second);
  const [first, spare] = [launch, second].map(({ launch_id }) => `i-${launch_id}`);
  await stage.asked("launch", "launch", `stop ${spare}`);
  await eventually(async () => ((await stage.states()).includes("stopped") ? true : undefined));
  await stage.pass(10_000);
  await Promise.all([1, 2, 3, 4, 5].map(() => stage.run()));
  await stage.asked("launch", "launch", `stop ${spare}`, `start ${spare}`);
  expect(first).not.toBe(spare);
  expect((await stage.wakes()).map(({ how }) => how)).toEqual(["launch", "launch", "start"]);
});

describe("a stopped machine that can't be started just now", () => {
  const later = new LaunchError("no_capacity", "none in eu-west-1a", { later: true });

  test("is kept, and another is launched at once, which costs no run an attempt", async () => {
    const stage = await startStage();
    const { id } = await stoppedMachine(stage);
    stage.provider.instead.start = stage.provider.fails(later);
    const run = await stage.run();
    const second = await stage.boots(await stage.launched(2));
    await second.finish(await second.claimOne());
    expect(await ended(stage, run)).toMatchObject({ state: "succeeded", attempt: 1 });
    expect((await stage.events(run)).filter(({ type }) => type === "retrying")).toEqual([]);
    expect(await stage.states()).toContain("stopped");
    expect(stage.provider.calls).not.toContain(`destroy ${id}`);
    expect((await stage.wakes()).map(({ counted }) => counted)).toEqual([1, 0, 1]);
  });

  test("is kept where the order was taken and it fell back", async () => {
    const stage = await startStage();
    const { launch, id } = await stoppedMachine(stage);
    const run = await stage.run();
    await stage.until(run, ({ waking }) => waking?.phase === "starting");
    const machine = stage.provider.machines.get(launch.launch_id)!;
    const end = { reason: "no_capacity" } as const;
    stage.provider.machines.set(launch.launch_id, { ...machine, state: "stopped", end });
    await stage.pass(10_000);
    const second = await stage.boots(await stage.launched(2));
    await second.finish(await second.claimOne());
    expect(await ended(stage, run)).toMatchObject({ state: "succeeded", attempt: 1 });
    expect(stage.provider.calls).not.toContain(`destroy ${id}`);
  });
});
