import { expect, test } from "vitest";
import { paths } from "../../../protocol/paths.ts";
import type { Assignment, ClaimAnswer, Holding } from "../../../protocol/responder.ts";
import type { Machine } from "../played-machine.ts";
import { codeOf, startSystem } from "../system.ts";

const attemptsOf = (assignments: readonly Assignment[]) =>
  assignments.map(({ run, attempt }) => ({ run, attempt }));

const HOLDING: Holding = { number: 1, claims_from: 1, runs: [] };

/** A system with a machine that has nothing to do. */
async function startIdle() {
  const system = await startSystem();
  await system.run("print(0)");
  const machine = await system.machine();
  await machine.finish(await machine.claimOne());
  return { system, machine };
}

/** A claim in lines, each as the attempts on it; undefined at their end. */
async function claimInLines(machine: Machine, slots: number, holding = HOLDING) {
  const body = { slots, wait_s: 20, lines: slots, holding };
  const response = await machine.post(paths.responder.claim, body);
  expect(response.headers.get("content-type")).toBe("application/x-ndjson");
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let renewals = 0;
  return {
    async next() {
      const { value } = await reader.read();
      if (value === undefined) return undefined;
      const { runs, must_renew } = JSON.parse(value) as ClaimAnswer;
      if (must_renew) renewals++;
      return attemptsOf(runs);
    },
    cancel: () => reader.cancel(),
    /** Lines that said that a renewal is due. */
    renewals: () => renewals,
  };
}

test("a claim in lines says at once that nothing waits, then gives each run as it comes, as many as it has slots", async () => {
  const { system, machine } = await startIdle();
  const lines = await claimInLines(machine, 2);
  expect(await lines.next()).toEqual([]);
  for (const code of ["print(1)", "print(2)"]) {
    const { id: run } = await system.run(code);
    expect(await lines.next()).toEqual([{ run, attempt: 1 }]);
  }
  expect(await lines.next()).toBeUndefined();
});

test("a run on a line that got lost is given anew, and those on the lines before stay", async () => {
  const { system, machine } = await startIdle();
  const broken = await claimInLines(machine, 3);
  const heard = await system.run("print(1)");
  await broken.next();
  const runs = (await broken.next())!;
  expect(runs).toEqual([{ run: heard.id, attempt: 1 }]);
  const lost = await system.run("print(2)");
  await broken.next();
  await broken.cancel();
  const again = await claimInLines(machine, 2, { number: 4, claims_from: 4, runs });
  expect(await again.next()).toEqual([{ run: lost.id, attempt: 2 }]);
  expect(await system.view(heard.id)).toMatchObject({ state: "running", attempt: 1 });
});

test("a claim in lines that was doubled on its way gives the same runs on both", async () => {
  const { system, machine } = await startIdle();
  const copies = [await claimInLines(machine, 3), await claimInLines(machine, 3)];
  await Promise.all(copies.map((copy) => copy.next()));
  const runs = [await system.run("print(1)"), await system.run("print(2)")];
  for (const { id: run } of runs) {
    const lines = await Promise.all(copies.map((copy) => copy.next()));
    expect(lines).toEqual([[{ run, attempt: 1 }], [{ run, attempt: 1 }]]);
  }
});

test("a run that is canceled is told on a line at once, and the machine's next renewal says which", async () => {
  const { system, machine } = await startIdle();
  const lines = await claimInLines(machine, 2);
  await lines.next();
  const canceled = await system.run("print(1)");
  const runs = (await lines.next())!;
  expect(lines.renewals()).toBe(0);
  const leaving = { cancel_token: canceled.cancel_token };
  await system.call("DELETE", paths.run(canceled.id), leaving);
  expect(await lines.next()).toEqual([]);
  expect(lines.renewals()).toBe(1);
  const renewed = await machine.post(paths.responder.renew, { runs });
  expect(await renewed.json()).toMatchObject({ stop: [canceled.id] });
  const { id: run } = await system.run("print(2)");
  expect(await lines.next()).toEqual([{ run, attempt: 1 }]);
});

test("lines end where the machine may claim no more, and its next claim says why", async () => {
  const { system, machine } = await startIdle();
  const lines = await claimInLines(machine, 2);
  expect(await lines.next()).toEqual([]);
  expect((await machine.post(paths.responder.leave, { reason: "shut_down" })).status).toBe(200);
  await system.run();
  expect(await lines.next()).toBeUndefined();
  const body = {
    slots: 1,
    wait_s: 0,
    lines: 4,
    holding: { ...HOLDING, number: 3, claims_from: 3 },
  };
  expect((await machine.post(paths.responder.claim, body)).status).toBe(410);
});

test("no line of a claim gets a number that the database can't give back", async () => {
  const { system, machine } = await startIdle();
  const most = Number.MAX_SAFE_INTEGER;
  const body = { slots: 2, wait_s: 20, lines: 2 };
  const refused = await machine.post(paths.responder.claim, {
    ...body,
    holding: { ...HOLDING, number: most },
  });
  expect(await codeOf(refused)).toBe("body_invalid");
  const lines = await claimInLines(machine, 2, { ...HOLDING, number: most - 64 });
  await lines.next();
  for (const code of ["print(1)", "print(2)"]) {
    const { id: run } = await system.run(code);
    expect(await lines.next()).toEqual([{ run, attempt: 1 }]);
    expect(await system.view(run)).toMatchObject({ state: "running" });
  }
});
