import { describe, expect, test } from "vitest";
import { paths } from "../../../protocol/paths.ts";
import { eventually } from "../../eventually.ts";
import { ended, idleMachine, stoppedMachine } from "./lives.ts";
import { startStage } from "./stage.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

test("a server that stood still for minutes ends no machine that could not call meanwhile", async () => {
  const stage = await startStage({ policy: { idleMs: 10 * MINUTE } });
  const { machine } = await idleMachine(stage);
  await stage.stall(3 * MINUTE);
  expect(await stage.states()).toEqual(["ready"]);
  await machine.post(paths.responder.renew, { runs: [] });
  await stage.pass(MINUTE);
  const run = await stage.run();
  await machine.finish(await machine.claimOne());
  expect(await ended(stage, run)).toMatchObject({ state: "succeeded", attempt: 1 });
  await stage.pass(MINUTE + 1000);
  await stage.asked("launch", `destroy i-${machine.launch.launch_id}`);
});

test("a server that did nothing for longer than a lease takes no run back before it has read what came", async () => {
  const stage = await startStage();
  const { machine } = await idleMachine(stage);
  const run = await stage.run();
  const held = await machine.claimOne();
  await stage.stall(40_000);
  expect((await stage.view(run)).state).toBe("running");
  expect((await machine.finish(held)).status).toBe(200);
  expect(await ended(stage, run)).toMatchObject({ state: "succeeded", attempt: 1 });
  const lost = await stage.run();
  await machine.claimOne();
  await stage.stall(40_000);
  // Nothing came in a lease's whole time.
  await stage.pass(16_000);
  expect(await stage.view(lost)).toMatchObject({ state: "retrying", attempt: 1 });
});

test("a clock that is set forward by hours uses up no machine-hours", async () => {
  const stage = await startStage({ policy: { budget: { hours: 4, projectHours: 4 } } });
  stage.clock.offset = -10 * HOUR;
  await stage.pass(1000);
  const { machine } = await idleMachine(stage);
  await stage.pass(20_000);
  stage.clock.offset = 0;
  await stage.pass(1000);
  expect(await stage.states()).toEqual(["ready"]);
  const run = await stage.run();
  await machine.finish(await machine.claimOne());
  expect(await ended(stage, run)).toMatchObject({ state: "succeeded" });
  const [wake] = await stage.wakes();
  expect(stage.clock.at - wake!.requested_at).toBeLessThan(MINUTE);
});

test("a night without a server is not paid for as if machines had gone on", async () => {
  const budget = { hours: 4, projectHours: 4 };
  const before = await startStage({ policy: { budget } });
  before.clock.at = Date.UTC(2026, 0, 1, 1);
  const { launch } = await idleMachine(before);
  await before.pass(1000);
  await before.close();
  before.clock.at += 10 * HOUR;
  before.provider.machines.get(launch.launch_id)!.state = "stopped";
  const after = await startStage({ from: before, policy: { budget } });
  const run = await after.run();
  await eventually(async () => {
    await after.pass(1000);
    return after.provider.calls.length > 1 ? true : undefined;
  });
  const machine = await after.boots(launch);
  await machine.finish(await machine.claimOne());
  expect(await ended(after, run)).toMatchObject({ state: "succeeded" });
  const [wake] = await after.wakes();
  expect(wake!.ended_at! - wake!.requested_at).toBeLessThan(HOUR);
});

describe("a clock that was set back by a day while no server ran", () => {
  test("keeps no machine that does not come up, and none that is silent", async () => {
    const before = await startStage();
    await before.run();
    await before.launched();
    await eventually(async () => ((await before.states())[0] === "launching" ? true : undefined));
    await before.close();
    before.clock.offset = -24 * HOUR;
    const after = await startStage({ from: before });
    await after.pass(5 * MINUTE);
    await eventually(async () => {
      await after.pass(1000);
      return after.provider.calls.some((call) => call.startsWith("destroy")) || undefined;
    });
  });

  test("keeps none that stopped for longer than it should", async () => {
    const before = await startStage();
    const { id } = await stoppedMachine(before);
    await before.close();
    before.clock.offset = -30 * 24 * HOUR;
    const after = await startStage({ from: before });
    await after.pass(1000);
    await after.asked("launch", `stop ${id}`, `destroy ${id}`);
  });
});
