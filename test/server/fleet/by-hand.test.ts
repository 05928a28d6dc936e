import { expect, test } from "vitest";
import type { ApiError } from "../../../protocol/deferred-error.ts";
import { releaseWords } from "../../../protocol/machine-words.ts";
import type { MachineView } from "../../../protocol/machines.ts";
import { paths } from "../../../protocol/paths.ts";
import { isOlderRelease } from "../../../protocol/releases.ts";
import type { MachineKinds } from "../../../server/providers/provider.ts";
import { eventually } from "../../eventually.ts";
import { playedCompute } from "./played-compute.ts";
import { startStage, type Stage, type StageOptions } from "./stage.ts";

const by = { kind: "user", id: "u1", name: "Ada" } as const;
const MINUTE = 60_000;

const kinds: MachineKinds = {
  defaults: { types: ["t3.small", "t3a.small"], image: "debian-13", market: "on-demand" },
  refuse: ({ types }) => (types?.includes("none") ? "There is no such type." : undefined),
  price: (type, market) => (type === "t3.small" && market === "on-demand" ? 0.5 : undefined),
};
const budget = { hours: 24, projectHours: 24 };

const withKinds = (changes: StageOptions = {}) =>
  startStage({
    kinds,
    provider: playedCompute({
      offer({ wish }) {
        const { types, market } = { ...kinds.defaults, ...wish };
        const [type = ""] = types;
        return { number: 1, of: 1, name: `${market} ${type}`, type, market, zone: "eu-west-1a" };
      },
    }),
    ...changes,
    policy: { budget, ...changes.policy },
  });

const viewOf = async (stage: Stage, id: string): Promise<MachineView> =>
  (await stage.fleet.views.one(id))!.machine;

const until = (stage: Stage, id: string, state: MachineView["state"]) =>
  eventually(async () => {
    const view = await viewOf(stage, id);
    return view.state === state ? view : undefined;
  });

/** The code with which an action was refused. */
const refusal = (action: Promise<unknown>) =>
  action.then(
    () => "none",
    (error: unknown) => (error as ApiError).code,
  );

test("a machine that is added asks for what it is to be, and says who wanted it", async () => {
  const stage = await withKinds();
  const id = await stage.fleet.actions.add({ type: "m7a.medium", market: "spot" }, by);
  await stage.launched();
  const [spec] = stage.provider.specs;
  expect(spec).toMatchObject({ pool: "shared", wish: { types: ["m7a.medium"], market: "spot" } });
  expect(await viewOf(stage, id)).toMatchObject({
    project: null,
    came: { kind: "person", by },
    went: null,
  });
  const refused = stage.fleet.actions.add({ type: "none" }, by);
  expect(await refusal(refused)).toBe("machine_setting_refused");
  const { actions } = (await startStage()).fleet;
  expect(await refusal(actions.add({ market: "spot" }, by))).toBe("machine_setting_refused");
  expect(await refusal(actions.changeSettings("o/p", { budget_hours: 1 }))).toBe(
    "machine_setting_refused",
  );
});

test("a machine's view has its responder's release, and says where the server's is newer", async () => {
  const stage = await withKinds();
  await stage.run();
  const launch = await stage.launched();
  const id = launch.launch_id;
  expect(await viewOf(stage, id)).toMatchObject({ release: null, is_older: false });
  await stage.boots(launch, "0.9.1");
  const view = await viewOf(stage, id);
  expect(view).toMatchObject({ release: "0.9.1", is_older: true });
  expect(releaseWords(view)).toBe("0.9.1, older than the server’s");
  await stage.boots(launch, "0.10.0");
  expect(await viewOf(stage, id)).toMatchObject({ release: "0.10.0", is_older: false });
  await stage.boots(launch);
  expect(await viewOf(stage, id)).toMatchObject({ release: null, is_older: false });
});

test("releases are compared by their numbers", () => {
  const older = (a: string, b: string) => isOlderRelease(a, b);
  expect([older("0.9.1", "0.10.0"), older("1.2.3", "2.0.0"), older("1.2.3", "1.2.4")]).toEqual([
    ...[true, true, true],
  ]);
  expect([older("0.10.0", "0.9.1"), older("1.2.3", "1.2.3"), older("1.2.3-rc.1", "1.2.3")]).toEqual(
    [...[false, false, false]],
  );
  expect([older("", "1.2.3"), older("1.2", "1.2.3"), older("<b>", "1.2.3")]).toEqual([
    ...[false, false, false],
  ]);
});

test("no more machines are added than a pool may have, nor beyond the budget", async () => {
  const stage = await withKinds({ policy: { maxMachines: 1 } });
  await stage.fleet.actions.add({}, by);
  expect(await refusal(stage.fleet.actions.add({}, by))).toBe("machine_refused");
  const spent = await withKinds({ policy: { budget: { hours: 0, projectHours: 0 } } });
  expect(await refusal(spent.fleet.actions.add({}, by))).toBe("machine_refused");
});

test("a machine finishes its run, then stops, is started again, and ends for good", async () => {
  const stage = await withKinds();
  const run = await stage.run();
  const launch = await stage.launched();
  const id = launch.launch_id;
  const machine = await stage.boots(launch);
  const assignment = await machine.claimOne();
  const { actions } = stage.fleet;
  expect((await viewOf(stage, id)).came).toEqual({ kind: "run", run });
  await actions.stop(id, by);
  expect(await viewOf(stage, id)).toMatchObject({ state: "leaving", runs: [run] });
  expect(stage.provider.calls).not.toContain(`stop i-${id}`);
  await machine.finish(assignment);
  await stage.fleet.leave(id, undefined);
  const stopped = await until(stage, id, "stopped");
  expect(stopped.went).toEqual({
    reason: "stop_asked",
    says: "It was stopped by hand.",
    by,
  });
  await stage.pass(30 * MINUTE);
  expect(await viewOf(stage, id)).toMatchObject({ type: "t3.small", zone: "eu-west-1a" });

  await actions.start(id, by);
  await stage.asked("launch", `stop i-${id}`, `start i-${id}`);
  await stage.boots(launch);
  expect((await until(stage, id, "ready")).came).toEqual({ kind: "person", by });
  await actions.end(id, by);
  expect((await until(stage, id, "gone")).went).toMatchObject({ reason: "end_asked", by });
  expect(stage.provider.calls.at(-1)).toBe(`destroy i-${id}`);
  expect(await refusal(actions.start(id, by))).toBe("machine_refused");
  expect(await refusal(actions.stop(id, by))).toBe("machine_refused");
  expect(await refusal(actions.stop("none", by))).toBe("machine_not_found");
  expect((await stage.fleet.views.list()).wakes.map(({ came }) => came?.kind)).toEqual([
    "person",
    "run",
  ]);
});

test("a machine that is ended at once gives its run to another", async () => {
  const stage = await withKinds();
  const run = await stage.run();
  const launch = await stage.launched();
  await (await stage.boots(launch)).claimOne();
  await stage.fleet.actions.end(launch.launch_id, by, { atOnce: true });
  await until(stage, launch.launch_id, "gone");
  expect((await stage.until(run, ({ state }) => state !== "running")).attempt).toBe(1);
});

test("hours cost what the operator's price says, and nothing is made up without one", async () => {
  const stage = await withKinds();
  await stage.fleet.actions.add({}, by);
  const launch = await stage.launched();
  await stage.boots(launch);
  await stage.fleet.actions.add({ type: "m7a.medium" }, by);
  const other = await stage.launched(2);
  for (let minutes = 0; minutes < 30; minutes++) {
    stage.clock.at += MINUTE;
    for (const id of [launch.launch_id, other.launch_id]) {
      stage.fleet.heard(id, { working: true });
    }
    await stage.fleet.tick();
  }
  const { cost, hours } = await viewOf(stage, launch.launch_id);
  expect(hours).toBeCloseTo(0.5, 2);
  expect(cost).toBeCloseTo(0.25, 2);
  expect((await viewOf(stage, other.launch_id)).cost).toBeNull();
  const { budget: today } = await stage.fleet.views.list();
  expect(today.used_hours).toBeGreaterThan(0.5);
  expect(today.limit_hours).toBe(24);
});

test("a project's machines stay awake as its settings say, within its own budget", async () => {
  const stage = await withKinds();
  await stage.run("o/p");
  const { actions, views } = stage.fleet;
  const settings = { min_awake: 1, budget_hours: 0.5, types: ["c7a.medium"] };
  await actions.changeSettings("o/p", settings);
  await stage.launched(2);
  const spec = stage.provider.specs.find(({ pool }) => pool === "project:o/p")!;
  expect(spec).toMatchObject({ project: "o/p", wish: { types: ["c7a.medium"] } });
  const own = stage.provider.launchFiles.find(({ launch_id }) => launch_id === spec.launchId)!;
  const machine = await stage.boots(own);
  expect((await viewOf(stage, spec.launchId)).came).toEqual({ kind: "min_awake" });
  // Its responder's idle time is over: it is told to stay.
  expect((await machine.post(paths.responder.leave)).status).toBe(409);
  const { budget: today, settings: shown } = await views.list("o/p");
  expect(today.limit_hours).toBe(0.5);
  expect(shown).toEqual(settings);
  for (let minutes = 0; minutes < 35; minutes++) {
    stage.clock.at += MINUTE;
    stage.fleet.heard(spec.launchId, { working: false });
    await stage.fleet.tick();
  }
  expect((await viewOf(stage, spec.launchId)).went?.reason).toBe("budget_spent");

  for (const refused of [{ min_awake: 9 }, { types: ["none"] }]) {
    expect(await refusal(actions.changeSettings("o/p", refused))).toBe("machine_setting_refused");
  }
  expect(await refusal(actions.changeSettings("", { budget_hours: 1 }))).toBe(
    "machine_setting_refused",
  );
  expect(await actions.changeSettings("o/p", { types: null, budget_hours: null })).toEqual({
    min_awake: 1,
  });
});

test("a machine that has run nothing is assigned to a project, and no other one", async () => {
  const stage = await withKinds();
  const { actions } = stage.fleet;
  const id = await actions.add({}, by);
  const machine = await stage.boots(await stage.launched());
  await actions.assign(id, "o/p");
  expect(await viewOf(stage, id)).toMatchObject({ pool: "project:o/p", project: "o/p" });
  // A run of the shared pool is not for it any more.
  await stage.run();
  expect(await machine.claim(4, 0)).toEqual([]);
  expect(await refusal(actions.assign(id, "o/other"))).toBe("machine_refused");

  const used = await stage.launched(2);
  const other = await stage.boots(used);
  await other.finish(await other.claimOne());
  expect(await refusal(actions.assign(used.launch_id, "o/p"))).toBe("machine_refused");
});

test("what is made default is what its pool asks for next, and other machines are outdated", async () => {
  const stage = await withKinds();
  const { actions } = stage.fleet;
  await stage.run();
  const old = await stage.launched();
  const machine = await stage.boots(old);
  await machine.finish(await machine.claimOne());
  await actions.stop(old.launch_id, by);
  const id = await actions.add({ type: "m7a.medium", image: "debian-12" }, by);
  await stage.launched(2);
  expect(await actions.makeDefault(id)).toEqual({
    types: ["m7a.medium", "t3.small", "t3a.small"],
    image: "debian-12",
  });
  await stage.fleet.tick();
  expect((await until(stage, old.launch_id, "gone")).went?.reason).toBe("outdated");
  expect(await refusal((await startStage()).fleet.actions.makeDefault(id))).toBe(
    "machine_not_found",
  );
});
