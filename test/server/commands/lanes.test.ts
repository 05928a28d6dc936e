import { expect, test } from "vitest";
import { submitCommand } from "../../../server/commands/submit.ts";
import { paths } from "../../../protocol/paths.ts";
import type { Assignment } from "../../../protocol/responder.ts";
import { startStage, type Stage } from "../fleet/stage.ts";

/** Pushes to a branch, each a run of its lane. */
async function push(stage: Stage, branch: string, number: number): Promise<string> {
  const ref = `refs/heads/${branch}`;
  const run = await stage.database.write(async (trx) => {
    await trx
      .insertInto("projects")
      .values({ slug: "o/p", created_at: 0 })
      .onConflict((on) => on.doNothing())
      .execute();
    const commit = String(number).padStart(40, "0");
    const order = {
      project: "o/p",
      trigger: "push",
      revision: { of: "commit", commit, ref },
      task: { do: "file" },
      stranger: false,
      title: `push ${number}`,
      ref,
      laneOf: ref,
    } as const;
    return submitCommand(trx, order, stage.clock.at);
  });
  stage.fleet.reconsider();
  return run.id;
}

/** A machine of the project's pool. */
async function machineOf(stage: Stage) {
  return stage.boots(await stage.launched());
}

test("pushes to one branch are executed one after another, in their order, whatever becomes of each", async () => {
  const stage = await startStage();
  const pushes = [await push(stage, "main", 1), await push(stage, "main", 2)];
  const beside = await push(stage, "other", 3);
  pushes.push(await push(stage, "main", 4));
  const machine = await machineOf(stage);
  const first = await machine.claim(4, 0);
  const waitsFor = async (id: string) => (await stage.view(id)).command!.waits_for;
  const waiting = await Promise.all(pushes.map(waitsFor));
  expect(waiting).toEqual([undefined, pushes[0], pushes[1]]);
  expect(await waitsFor(beside)).toBeUndefined();
  expect(new Set(first.map(({ run }) => run))).toEqual(new Set([pushes[0], beside]));
  expect(await machine.claim(4, 0)).toEqual([]);

  // Another try of the first one comes before the second.
  const main = first.find(({ run }) => run === pushes[0]);
  await machine.finish(main!, { cause: "handed_back", exit_code: null });
  await stage.pass(1000);
  const again = await machine.claim(4, 0);
  expect(again).toMatchObject([{ run: pushes[0], attempt: 2 }]);

  // Whoever waits for work hears that it is the second one's turn now.
  const next = machine.claim(4, 20);
  await machine.finish(again[0]!, { exit_code: 1 });
  const [second] = await next;
  expect(second).toMatchObject({ run: pushes[1] });
  await machine.finish(second!);
  expect(await machine.claim(4, 0)).toMatchObject([{ run: pushes[2] }]);
});

test("what comes after a canceled run waits until its machine has let go of that, or its lease is over", async () => {
  const stage = await startStage();
  const [first, second, third, last] = [
    await push(stage, "main", 1),
    await push(stage, "main", 2),
    await push(stage, "main", 3),
    await push(stage, "main", 4),
  ];
  const machine = await machineOf(stage);
  let number = 0;
  const claim = async (wait_s: number, runs: Assignment[] = []): Promise<Assignment[]> => {
    const holding = { number: ++number, claims_from: number, runs };
    const answer = await machine.post(paths.responder.claim, { slots: 4, wait_s, holding });
    return ((await answer.json()) as { runs: Assignment[] }).runs;
  };
  const says = (runs: { run: string; attempt: number }[]) =>
    machine.post(paths.responder.renew, { runs: [], holding: { claims_from: number, runs } });
  const [head] = await claim(0);
  expect(head).toMatchObject({ run: first });

  const next = claim(20, [head!]);
  await stage.runs.apply(first, { type: "canceled" });
  expect((await stage.view(second)).command!.waits_for).toBe(first);
  await says([head!]);
  expect((await stage.view(second)).state).toBe("queued");
  // Not one that was on its way since before it had it.
  await machine.post(paths.responder.renew, { runs: [], holding: { claims_from: 1, runs: [] } });
  expect((await stage.view(second)).state).toBe("queued");
  await says([]);
  const [after] = await next;
  expect(after).toMatchObject({ run: second });

  // A claim that names it no more lets go of it too.
  expect(await claim(0, [after!])).toEqual([]);
  await stage.runs.apply(second, { type: "canceled" });
  expect(await claim(0)).toMatchObject([{ run: third }]);

  // From here on the machine says nothing.
  await stage.runs.apply(third, { type: "canceled" });
  expect(await machine.claim(4, 0)).toEqual([]);
  await stage.pass(16_000);
  expect(await machine.claim(4, 0)).toMatchObject([{ run: last }]);
});

test("no machine is woken for a run whose turn has not come", async () => {
  const stage = await startStage();
  for (let number = 1; number <= 9; number++) await push(stage, "main", number);
  const machine = await machineOf(stage);
  expect(await machine.claim(4, 0)).toHaveLength(1);
  await stage.pass(30_000);
  const machines = await stage.database.queries.selectFrom("machines").select("pool").execute();
  expect(machines).toEqual([{ pool: "project:o/p" }]);
});

test("a machine is not kept by runs that wait for another machine's", async () => {
  const stage = await startStage();
  for (let number = 1; number <= 9; number++) await push(stage, `b${number}`, number);
  const busy = await machineOf(stage);
  const idle = await stage.boots(await stage.launched(2));
  const held = [...(await busy.claim(8, 0)), ...(await busy.claim(8, 0))];
  expect(held).toHaveLength(9);
  const behind = await push(stage, "b1", 10);
  expect((await idle.post(paths.responder.leave)).status).toBe(200);
  const next = busy.claim(1, 20);
  await busy.finish(held[0]!);
  expect(await next).toMatchObject([{ run: behind }]);
});
