import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { isEnded } from "../../../protocol/run.ts";
import { eventually } from "../../eventually.ts";
import { ended, idleMachine, stoppedMachine } from "./lives.ts";
import { startStage } from "./stage.ts";

const MINUTE = 60_000;

describe("a machine whose provider knows why it does not run", () => {
  const KMS = { reason: "boot_failed", said: "AWS says: Client.InternalError." } as const;

  test("is told of at the next look and not when its time is over, with why", async () => {
    const stage = await startStage();
    const run = await stage.run();
    for (let boot = 1; boot <= 2; boot++) {
      const { launch_id } = await stage.launched(boot);
      await stage.until(run, ({ waking }) => waking?.phase === "starting");
      const machine = stage.provider.machines.get(launch_id)!;
      stage.provider.machines.set(launch_id, {
        ...machine,
        state: "stopped",
        over: true,
        end: KMS,
      });
      await stage.pass(10_000);
      await stage.until(run, ({ state }) => state !== "waking");
      await stage.pass(1000);
    }
    const told = (await stage.events(run)).find(({ type }) => type === "retrying");
    const message = "The machine did not start. AWS says: Client.InternalError.";
    expect(told).toMatchObject({ reason: { code: "boot_failed", message } });
    for (const id of [run, await stage.run()]) {
      const { ending } = await ended(stage, id);
      expect(ending?.reason?.message).toMatch(/^The machine did not start\. AWS says: .* Another/);
    }
    expect(await stage.states()).toEqual(["gone", "gone"]);
  });

  test("is told of with the last line of its console, also when its time is over", async () => {
    const stage = await startStage();
    stage.provider.compute.lastConsoleLine = async () => "Kernel panic - not syncing";
    const run = await stage.run();
    await stage.launched();
    await stage.until(run, ({ waking }) => waking?.phase === "starting");
    await stage.pass(5 * MINUTE + 1);
    await stage.until(run, ({ state }) => state === "retrying");
    const told = (await stage.events(run)).find(({ type }) => type === "retrying");
    const message =
      "The machine did not start. The last line on its console: Kernel panic - not syncing";
    expect(told).toMatchObject({ reason: { code: "boot_failed", message } });
  });

  test("is ended all the same where its console can't be read", async () => {
    const stage = await startStage();
    stage.provider.compute.lastConsoleLine = stage.provider.fails(
      new Error("UnauthorizedOperation"),
    );
    const run = await stage.run();
    await stage.launched();
    await stage.until(run, ({ waking }) => waking?.phase === "starting");
    await stage.pass(5 * MINUTE + 1);
    await stage.until(run, ({ state }) => state === "retrying");
    const told = (await stage.events(run)).find(({ type }) => type === "retrying");
    expect(told).toMatchObject({ reason: { message: "The machine did not start." } });
  });
});

describe("what the provider lists", () => {
  test("ends nothing while it fails, and no machine that it does not know yet", async () => {
    const stage = await startStage();
    const run = await stage.run();
    const launch = await stage.launched();
    await stage.until(run, ({ waking }) => waking?.phase === "starting");
    const { launch_id: launchId } = launch;
    const machine = stage.provider.machines.get(launchId)!;
    stage.provider.machines.delete(launchId);
    await stage.pass(10_000);
    stage.provider.instead.list = stage.provider.fails(new Error("RequestLimitExceeded"));
    await stage.pass(10_000);
    expect(await stage.states()).toEqual(["launching"]);
    expect(stage.logged.filter(({ msg }) => msg.includes("swept"))).not.toEqual([]);
    stage.provider.machines.set(launchId, machine);
    const played = await stage.boots(launch);
    await played.finish(await played.claimOne());
    expect(await ended(stage, run)).toMatchObject({ state: "succeeded", attempt: 1 });
  });

  test("never comes, and is asked for again after two minutes", async () => {
    const stage = await startStage();
    stage.provider.instead.list = stage.provider.never;
    stage.provider.machines.set("x", { launchId: "x", providerId: "i-x", state: "running" });
    await stage.pass(MINUTE);
    delete stage.provider.instead.list;
    await stage.pass(MINUTE);
    expect(stage.provider.calls).toEqual([]);
    await stage.pass(2 * MINUTE);
    await stage.asked("destroy i-x");
  });

  test("is removed where nobody on record has it, or has it no more", async () => {
    const stage = await startStage();
    const { launch, id } = await idleMachine(stage);
    stage.provider.endsByItself(launch.launch_id, "machine_gone");
    await eventually(async () => ((await stage.states())[0] === "gone" ? true : undefined));
    const stranger = { launchId: "x", providerId: "i-x", state: "stopped" } as const;
    stage.provider.machines.set("x", stranger);
    // A look that comes while an earlier one is still under way is left out.
    await eventually(async () => {
      await stage.pass(MINUTE);
      return stage.provider.calls.length > 2 || undefined;
    });
    await stage.asked("launch", `destroy ${id}`, "destroy i-x");
  });

  test("without a machine that was there ends it, and its runs are tried elsewhere", async () => {
    const stage = await startStage();
    const run = await stage.run();
    const launch = await stage.launched();
    const machine = await stage.boots(launch);
    await machine.claimOne();
    stage.provider.machines.clear();
    await stage.pass(2 * MINUTE + 1);
    await eventually(async () => {
      await stage.pass(MINUTE);
      return (await stage.states())[0] === "gone" || undefined;
    });
    expect(await stage.view(run)).toMatchObject({ attempt: 1 });
    expect(["retrying", "waking"]).toContain((await stage.view(run)).state);
  });
});

test.each([
  ["killed from outside, as often as a run has attempts", "machine_gone", 10],
  ["by its own fault, twice", "boot_failed", 2],
] as const)(
  "machines that come up and end before they have a run, %s, are woken no more",
  async (_, reason, most) => {
    const stage = await startStage();
    const run = await stage.run();
    const next = (number: number) =>
      eventually(async () => {
        if (isEnded((await stage.view(run)).state)) return "over";
        await stage.pass(1000);
        return stage.provider.launchFiles[number];
      });
    for (let number = 0; number <= most + 5; number++) {
      const launch = await next(number);
      if (launch === "over") break;
      await stage.boots(launch);
      stage.provider.endsByItself(launch.launch_id, reason);
      await eventually(async () => ((await stage.states()).includes("ready") ? undefined : true));
    }
    expect(await ended(stage, run)).toMatchObject({ state: "errored" });
    expect(stage.provider.launchFiles.length).toBeLessThan(most + 5);
  },
);

test("a server that starts takes up machines in every state, and leaves them alone when it closes", async () => {
  const before = await startStage();
  const { id } = await stoppedMachine(before);
  const busy = await before.run();
  await before.until(busy, ({ state }) => state === "waking");
  const started = await before.boots(await before.launched());
  await started.claimOne();
  await before.close();
  expect(before.provider.calls.filter((call) => call.startsWith("stop"))).toEqual([`stop ${id}`]);
  // What is heard from then on is the next server's to find out, and no fault of this one's.
  before.provider.endsByItself(id, "machine_gone");
  await setImmediate();
  expect(before.logged.filter(({ level }) => level >= 50)).toEqual([]);

  const after = await startStage({ from: before });
  await after.pass(1000);
  expect(await after.states()).toEqual(["ready"]);
  expect((await after.view(busy)).state).toBe("running");
});
