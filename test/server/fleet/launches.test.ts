import { describe, expect, test } from "vitest";
import { paths } from "../../../protocol/paths.ts";
import type { Waking } from "../../../protocol/run.ts";
import { LaunchError } from "../../../server/providers/compute.ts";
import { eventually } from "../../eventually.ts";
import { ended } from "./lives.ts";
import { startStage, type Stage } from "./stage.ts";

const MINUTE = 60_000;

const wakings = async (stage: Stage, run: string) =>
  (await stage.events(run)).filter(({ type }) => type === "waking") as unknown as Waking[];

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
