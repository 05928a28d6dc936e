import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { isEnded } from "../../../protocol/run.ts";
import { paths } from "../../../protocol/paths.ts";
import type { Waking } from "../../../protocol/run.ts";
import { LaunchError } from "../../../server/providers/compute.ts";
import { usualWake, wakeFigures } from "../../../server/fleet/wake-figures.ts";
import { eventually } from "../../eventually.ts";
import { codeOf } from "../system.ts";
import { ended, idleMachine, stoppedMachine } from "./lives.ts";
import { startStage, type Stage } from "./stage.ts";

const MINUTE = 60_000;

const wakings = async (stage: Stage, run: string) =>
  (await stage.events(run)).filter(({ type }) => type === "waking") as unknown as Waking[];

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

describe("a launch", () => {
  test("puts each offer on record before it is asked for, and tells it to whoever waits", async () => {
    const stage = await startStage();
    const { promise: more, resolve: goOn } = Promise.withResolvers<undefined>();
    stage.provider.instead.launch = () => more as Promise<never>;
    const run = await stage.run();
    const spec = await eventually(async () => stage.provider.specs[0]);
    await spec.onOffer({ number: 1, of: 2, name: "spot t3.small", next: "On-demand is next." });
    const recorded = await stage.database.queries
      .selectFrom("machines")
      .select(["offer", "next"])
      .executeTakeFirst();
    expect(recorded).toEqual({ offer: 1, next: "On-demand is next." });
    await stage.until(run, ({ waking }) => waking?.step?.number === 1);
    await spec.onOffer({ number: 2, of: 2, name: "on-demand t3.small" });
    await stage.until(run, ({ waking }) => waking?.step?.number === 2);
    goOn(undefined);
    await stage.until(run, ({ waking }) => waking?.phase === "starting");
    const told = await wakings(stage, run);
    expect(told.map(({ phase, step, next }) => [phase, step?.name, next])).toEqual([
      ["requested", undefined, expect.stringContaining("another one is started once")],
      ["requested", "spot t3.small", "On-demand is next."],
      ["requested", "on-demand t3.small", expect.stringContaining("another one is started once")],
      ["starting", undefined, expect.stringContaining("another one is started once")],
    ]);
  });

  test("that never gets an answer keeps nobody from hearing of it", async () => {
    const [silent, answering] = [await startStage(), await startStage()];
    silent.provider.instead.launch = silent.provider.never;
    silent.provider.instead.list = silent.provider.never;
    const medianOf = (times: number[]) => times.toSorted((one, other) => one - other)[5]!;
    const times = { silent: [] as number[], answering: [] as number[] };
    const press = async (stage: Stage) => {
      const began = performance.now();
      const run = await stage.run();
      await stage.until(run, ({ state }) => state === "waking");
      return performance.now() - began;
    };
    for (let pressed = 0; pressed < 10; pressed++) {
      times.silent.push(await press(silent));
      times.answering.push(await press(answering));
    }
    // A caller that asks a provider waits for seconds, if only to ask again. Medians: one may be late on a busy machine.
    expect(medianOf(times.silent)).toBeLessThan(20 * medianOf(times.answering));
    expect(silent.provider.specs).toHaveLength(2);
  });

  test("is one for all the runs that come while it wakes, and each hears each step once", async () => {
    const stage = await startStage();
    const runs = await Promise.all([stage.run(), stage.run(), stage.run(), stage.run()]);
    const launch = await stage.launched();
    await Promise.all(
      runs.map((run) => stage.until(run, (view) => view.waking?.phase === "starting")),
    );
    const step = (number: number) => ({ number, of: 3, name: `step ${number}` });
    for (const number of [1, 2, 2, 1, 3]) {
      const { launch_id, registration_token } = launch;
      await stage.call("POST", paths.responder.progress, {
        launch_id,
        registration_token,
        phase: "setting_up",
        step: step(number),
      });
      await stage.pass(1000);
    }
    await stage.until(runs[0], ({ waking }) => waking?.step?.number === 3);
    await stage.pass(1000);
    for (const run of runs) {
      const told = (await wakings(stage, run)).map(({ phase, step: at }) => [phase, at?.number]);
      const setUp = [1, 2, 3].map((number) => ["setting_up", number]);
      expect(told).toEqual([["requested", undefined], ["starting", undefined], ...setUp]);
    }
    expect(stage.provider.specs).toHaveLength(1);
  });

  test("that was answered to a server that died is asked for again from its last offer, once", async () => {
    const before = await startStage();
    before.provider.instead.launch = before.provider.never;
    const run = await before.run();
    const spec = await eventually(async () => before.provider.specs[0]);
    await spec.onOffer({ number: 3, of: 4, name: "on-demand" });
    await before.close();
    delete before.provider.instead.launch;

    const after = await startStage({ from: before });
    const launch = await after.launched();
    expect(after.provider.specs[1]).toMatchObject({ launchId: spec.launchId, firstOffer: 3 });
    const machine = await after.boots(launch);
    await machine.finish(await machine.claimOne());
    expect(await ended(after, run)).toMatchObject({ state: "succeeded", attempt: 1 });
  });
});

describe("a machine that does not come up", () => {
  test("is tried again once, then whoever waits hears why, and one is tried a cool-down", async () => {
    const stage = await startStage();
    const run = await stage.run();
    for (let boot = 1; boot <= 2; boot++) {
      await stage.launched(boot);
      await stage.until(run, ({ waking }) => waking?.phase === "starting");
      await stage.pass(5 * MINUTE + 1);
      await stage.until(run, ({ state }) => state !== "waking");
      await stage.pass(1000);
    }
    const [first, second] = (await wakings(stage, run)).map(({ next }) => next);
    expect(first).toContain("another one is started once");
    expect((await wakings(stage, run)).at(-1)!.next).toContain("the run ends and tells why");
    expect(second).toBe(first);
    expect((await ended(stage, run)).ending?.reason?.code).toBe("boot_failed");

    const soon = await ended(stage, await stage.run());
    expect(soon.ending?.reason?.message).toContain("The machine did not start. Another is tried");
    expect(stage.provider.specs).toHaveLength(2);
    await stage.pass(MINUTE);
    const later = [await stage.run(), await stage.run(), await stage.run(), await stage.run()];
    const machine = await stage.boots(await stage.launched(3));
    await machine.finish(await machine.claimOne());
    expect(await ended(stage, later[0]!)).toMatchObject({ state: "succeeded" });
    expect(stage.provider.specs).toHaveLength(3);
  });

  test("is waited for while its set-up comes further, however long each step takes", async () => {
    const stage = await startStage();
    const run = await stage.run();
    const { launch_id, registration_token } = await stage.launched();
    await stage.until(run, ({ waking }) => waking?.phase === "starting");
    const step = (number: number) =>
      stage.call("POST", paths.responder.progress, {
        ...{ launch_id, registration_token, phase: "setting_up" },
        step: { number, of: 5, name: `step ${number}` },
      });
    for (let number = 1; number <= 3; number++) {
      await stage.pass(4.5 * MINUTE);
      expect((await step(number)).status).toBe(200);
    }
    await stage.pass(4.5 * MINUTE);
    // The same once more: it goes on.
    await step(3);
    await stage.pass(MINUTE);
    expect(await stage.states()).toEqual(["launching"]);
    await stage.pass(4.5 * MINUTE);
    await expect
      .poll(async () => (await stage.wakes())[0])
      .toMatchObject({ reason: "boot_failed" });
  });

  test("is given up after twenty minutes, however it moves", async () => {
    const stage = await startStage();
    let effort = 0;
    stage.provider.compute.activity = async () => ++effort;
    const run = await stage.run();
    await stage.launched();
    await stage.until(run, ({ waking }) => waking?.phase === "starting");
    await stage.pass(19.5 * MINUTE);
    expect(await stage.states()).toEqual(["launching"]);
    await stage.pass(MINUTE);
    await stage.until(run, ({ state }) => state === "retrying");
  });

  test("and says why ends at once, and the reason is kept for operators", async () => {
    const stage = await startStage();
    const run = await stage.run();
    const { launch_id, registration_token } = await stage.launched();
    await stage.until(run, ({ waking }) => waking?.phase === "starting");
    await stage.call("POST", paths.responder.progress, {
      launch_id,
      registration_token,
      phase: "setting_up",
      failed: "apt-get: no space left",
    });
    await stage.until(run, ({ state }) => state === "retrying");
    await expect
      .poll(async () => (await stage.wakes())[0])
      .toMatchObject({ detail: "apt-get: no space left" });
  });

  test("for want of a sandbox is told at once: another machine has none either", async () => {
    const stage = await startStage();
    const run = await stage.run();
    const { launch_id, registration_token } = await stage.launched();
    await stage.until(run, ({ waking }) => waking?.phase === "starting");
    const detail = "bubblewrap does not work here: bwrap: No permissions to create new namespace";
    await stage.call("POST", paths.responder.progress, {
      launch_id,
      registration_token,
      phase: "booting",
      failed: detail,
      failed_reason: "sandbox_missing",
    });
    expect((await ended(stage, run)).ending?.reason?.code).toBe("sandbox_missing");
    // Readers hear of it first, what operators read is on record once the machine is gone.
    await expect
      .poll(async () => (await stage.wakes())[0])
      .toMatchObject({ reason: "sandbox_missing", detail });
    expect(stage.provider.specs).toHaveLength(1);
  });

  test.for(["launch_refused", "quota_reached"] as const)(
    "for %s is not tried again",
    async (why) => {
      const stage = await startStage();
      stage.provider.instead.launch = stage.provider.fails(new LaunchError(why, "no"));
      const { ending } = await ended(stage, await stage.run());
      expect(ending?.reason?.code).toBe(why);
      expect((await ended(stage, await stage.run())).ending?.reason?.code).toBe(why);
      expect(stage.provider.specs).toHaveLength(1);
    },
  );

  test("for want of capacity is tried with each of the run's attempts", async () => {
    const stage = await startStage();
    stage.provider.instead.launch = stage.provider.fails(new LaunchError("no_capacity", "no"));
    const run = await stage.run();
    const view = await eventually(async () => {
      await stage.pass(1000);
      const now = await stage.view(run);
      return now.ending ? now : undefined;
    });
    expect(view).toMatchObject({ state: "errored", attempt: 3 });
    expect(view.ending?.reason?.code).toBe("no_capacity");
    expect(stage.provider.specs).toHaveLength(3);
    const next = (await wakings(stage, run)).map((waking) => waking.next);
    expect(next.at(0)).toContain("another one is started once");
    expect(next.at(-1)).toContain("the run ends and tells why");
    expect((await stage.wakes()).map(({ counted }) => counted)).toEqual([0, 0, 0]);
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

describe("a budget", () => {
  const budget = { hours: 1, projectHours: 0.5 };

  test("that a project has used up starts nothing for it until midnight UTC, and says so", async () => {
    const stage = await startStage({ policy: { budget, idleMs: 3_600_000 } });
    const { machine } = await idleMachine(stage);
    const keepAlive = async (ms: number) => {
      await machine.post(paths.responder.renew, { runs: [] });
      await stage.pass(ms);
    };
    for (let minute = 0; minute < 31; minute += 0.5) await keepAlive(MINUTE / 2);
    await eventually(async () => ((await stage.states())[0] === "stopped" ? true : undefined));
    expect((await stage.wakes())[0]).toMatchObject({ reason: "budget_spent" });
    const said = stage.logged.filter(({ msg }) => msg.includes("machine-hours"));
    expect(said.map(({ msg }) => msg.slice(0, 5))).toEqual(["80 % ", "100 %"]);

    const { ending } = await ended(stage, await stage.run());
    expect(ending?.reason).toEqual({
      code: "budget_spent",
      message:
        "The machine time for today is used up. It begins anew at midnight UTC: run it again then.",
    });
    const others = await stage.run("other/project");
    await stage.until(others, ({ state }) => state === "waking");
    const theirs = await stage.boots(await stage.launched());
    await theirs.finish(await theirs.claimOne());

    stage.clock.at = Date.UTC(2026, 0, 2);
    await stage.pass(1);
    const next = await stage.run();
    await stage.until(next, ({ state }) => state === "waking");
  });

  test("that a project has used up ends no machine that another one needs, which pays from then on", async () => {
    const stage = await startStage({ policy: { budget } });
    await stage.run();
    const machine = await stage.boots(await stage.launched());
    await machine.finish(await machine.claimOne());
    const others = await stage.run("other/project");
    const held = await machine.claimOne();
    for (let s = 0; s < 40 * 60; s += 10) {
      await machine.post(paths.responder.renew, { runs: [held] });
      await stage.pass(10_000);
    }
    expect(await stage.states()).toEqual(["ready"]);
    const wakes = await stage.wakes();
    const hours = wakes.map(({ project, requested_at, ended_at }) => [
      project,
      Math.round((ended_at ?? stage.clock.at) - requested_at) / MINUTE,
    ]);
    expect(hours).toEqual([
      ["local/demo", 30],
      ["other/project", 10],
    ]);
    expect((await usualWake(stage.database.queries, "shared", "start"))?.wakes).toBe(1);
    expect((await machine.finish(held)).status).toBe(200);
    expect(await ended(stage, others)).toMatchObject({ state: "succeeded", attempt: 1 });
  });

  test("lets what runs finish, and nothing more begin", async () => {
    const stage = await startStage({ policy: { budget: { hours: 0.1, projectHours: 0.1 } } });
    const run = await stage.run();
    const machine = await stage.boots(await stage.launched());
    const held = await machine.claimOne();
    for (let s = 0; s < 370; s += 10) {
      await machine.post(paths.responder.renew, { runs: [held] });
      await stage.pass(10_000);
    }
    expect(await stage.states()).toEqual(["leaving"]);
    const claim = await machine.post(paths.responder.claim, { slots: 1, wait_s: 0 });
    expect(await codeOf(claim)).toBe("machine_leaving");
    expect((await machine.finish(held)).status).toBe(200);
    expect(await ended(stage, run)).toMatchObject({ state: "succeeded", attempt: 1 });
  });

  test("gives hints a tenth of a project's, and none where hints are off", async () => {
    const off = await startStage({ policy: { hints: false } });
    expect(await off.fleet.hint("shared", "a/a")).toBe("declined");
    expect(off.provider.specs).toEqual([]);

    const hour = { hours: 1, projectHours: 0.1 };
    const stage = await startStage({ policy: { budget: hour, idleMs: 10_000 } });
    expect(await stage.fleet.hint("shared", "a/a")).toBe("waking");
    await stage.boots(await stage.launched());
    await stage.pass(4 * MINUTE);
    await eventually(async () => ((await stage.states())[0] !== "ready" ? true : undefined));
    expect(await stage.fleet.hint("shared", "a/a")).toBe("declined");
    expect(await stage.fleet.hint("shared", "b/b")).toBe("waking");
  });
});
