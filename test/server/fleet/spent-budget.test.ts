import { describe, expect, test } from "vitest";
import { paths } from "../../../protocol/paths.ts";
import { usualWake } from "../../../server/fleet/wake-figures.ts";
import { eventually } from "../../eventually.ts";
import { codeOf } from "../system.ts";
import { ended, idleMachine } from "./lives.ts";
import { startStage } from "./stage.ts";

const MINUTE = 60_000;

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
