import { expect, test } from "vitest";
import { paths } from "../../../protocol/paths.ts";
import { NOTHING_SPENT } from "../../../server/fleet/budget.ts";
import { NO_FAILURES } from "../../../server/fleet/backoff.ts";
import type { MachineSnapshot, PoolSnapshot } from "../../../server/fleet/snapshot.ts";
import { orderPools, choosePreemption, countCapacity } from "../../../server/fleet/fairness.ts";
import { submitCommand } from "../../../server/commands/submit.ts";
import { machine as anyMachine } from "./pools.ts";
import { policy as ofStage, startStage, type Stage } from "./stage.ts";

const now = Date.UTC(2026, 5, 1);
const policy = { ...ofStage, maxInAll: 2 };
const minutes = (count: number) => now - count * 60_000;

const machine = (launchId: string, changes: Partial<MachineSnapshot> = {}) =>
  anyMachine({
    launchId,
    running: 1,
    requestedAt: minutes(5),
    lastSeenAt: now,
    ...changes,
    movedAt: changes.movedAt ?? minutes(5),
  });
const idle = { running: 0, idleSince: minutes(1) };

const pool = (name: string, waiting: number, ...machines: MachineSnapshot[]): PoolSnapshot => ({
  pool: name,
  waiting: Array<string>(waiting).fill(name),
  hinted: undefined,
  minAwake: 0,
  owner: name,
  failures: NO_FAILURES,
  spent: NOTHING_SPENT,
  capacity: 0,
  machines,
});
const goes = (...pools: PoolSnapshot[]) => {
  const action = choosePreemption(pools, policy, now);
  return action && `${action.type} ${action.launchId}`;
};

test("an idle machine goes at once where another pool's work finds no place", () => {
  const longest = machine("m2", { ...idle, idleSince: minutes(3) });
  expect(goes(pool("a", 0, machine("m1", idle)), pool("b", 0, longest), pool("c", 1))).toBe(
    "stop m2",
  );
});

test("of machines that work, one of several goes first, else the one that came first", () => {
  const older = machine("m1", { requestedAt: minutes(9) });
  const newer = machine("m2");
  expect(goes(pool("a", 3, older), pool("b", 3, newer), pool("c", 1))).toBe("drain m1");
  const three = { ...policy, maxInAll: 3 };
  const twice = [newer, machine("m3", { requestedAt: minutes(4) })];
  expect(
    choosePreemption([pool("a", 3, older), pool("b", 3, ...twice), pool("c", 1)], three, now),
  ).toEqual({
    type: "drain",
    launchId: "m2",
    reason: "making_room",
  });
});

test("nothing goes while there is a place, while one is leaving, or before a pool had its share", () => {
  const busy = [pool("a", 3, machine("m1")), pool("b", 3, machine("m2"))];
  expect(goes(busy[0]!, pool("c", 1))).toBeUndefined();
  const leaving = machine("m3", { state: "leaving" });
  expect(goes(...busy, pool("d", 0, leaving), pool("c", 1))).toBeUndefined();
  const fresh = (launchId: string) => machine(launchId, { requestedAt: minutes(0.5) });
  expect(goes(pool("a", 3, fresh("m1")), pool("b", 3, fresh("m2")), pool("c", 1))).toBeUndefined();
});

test("nothing goes for a pool that would get no machine anyway", () => {
  const busy = [pool("a", 3, machine("m1")), pool("b", 3, machine("m2"))];
  const spent = { all: false, projects: new Set(["c"]) };
  expect(goes(...busy, { ...pool("c", 1), spent })).toBeUndefined();
  expect(goes(...busy, pool("c", 0))).toBeUndefined();
  expect(goes(...busy, pool("c", 1))).toBeDefined();
});

test("a pool without a machine comes before one that has some, stopped ones not counted", () => {
  const pools = [
    pool("some", 9, machine("m1")),
    pool("leaving", 9, machine("m2", { state: "leaving" })),
    pool("none", 1),
    pool("stopped", 1, machine("m3", { state: "stopped", stoppedAt: now })),
  ];
  expect(orderPools(pools).map((one) => one.pool)).toEqual(["none", "stopped", "some", "leaving"]);
  expect(countCapacity(pools, policy)).toBe(1);
  expect(countCapacity([...pools, ...pools], { ...policy, maxInAll: 1 })).toBe(0);
});

async function push(stage: Stage, project: string): Promise<string> {
  const run = await stage.database.write(async (trx) => {
    await trx
      .insertInto("projects")
      .values({ slug: project, created_at: 0 })
      .onConflict((on) => on.doNothing())
      .execute();
    const order = {
      project,
      trigger: "exec",
      revision: { of: "ref" },
      task: { do: "exec", command: "make" },
      stranger: false,
      title: "make",
      ref: null,
    } as const;
    return submitCommand(trx, order, stage.clock.at);
  });
  stage.fleet.reconsider();
  return run.id;
}

test("many projects on few machines all have their turn", async () => {
  const stage = await startStage({ policy: { maxInAll: 2 } });
  const projects = ["a/a", "b/b", "c/c", "d/d", "e/e"];
  const runs = new Map<string, string>();
  for (const project of projects) runs.set(await push(stage, project), project);
  const done: string[] = [];
  for (let number = 1; number <= projects.length; number++) {
    const machine = await stage.boots(await stage.launched(number));
    const alive = (await stage.states()).filter(
      (state) => state === "ready" || state === "launching",
    );
    expect(alive.length).toBeLessThanOrEqual(2);
    for (const assignment of await machine.claim(4, 0)) {
      await machine.finish(assignment);
      done.push(runs.get(assignment.run)!);
    }
    await stage.pass(1000);
  }
  expect(done.toSorted()).toEqual(projects);
});

test("a project with work without end gives its place up when another's waits", async () => {
  const stage = await startStage({ policy: { maxInAll: 1 } });
  for (let count = 0; count < 9; count++) await push(stage, "busy/one");
  const busy = await stage.boots(await stage.launched(1));
  const held = await busy.claim(4, 0);
  const waits = await push(stage, "quiet/one");
  const holds = held.map(({ run, attempt }) => ({ run, attempt }));
  for (let count = 0; count < 9; count++) {
    await busy.post(paths.responder.renew, { runs: holds });
    await stage.pass(10_000);
  }
  // It gets nothing more, and another is woken beside it for who waits.
  const next = await stage.boots(await stage.launched(2));
  expect(await next.claim(4, 0)).toMatchObject([{ run: waits }]);
  for (const assignment of held) expect((await busy.finish(assignment)).status).toBe(200);
});
