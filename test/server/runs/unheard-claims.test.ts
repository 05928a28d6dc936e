import { generateKeyPairSync, randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { paths } from "../../../protocol/paths.ts";
import type { Assignment, Holding } from "../../../protocol/responder.ts";
import { playMachine, registration, type Machine } from "../played-machine.ts";
import { eventsOf, startSystem } from "../system.ts";

const attemptsOf = (assignments: readonly Assignment[]) =>
  assignments.map(({ run, attempt }) => ({ run, attempt }));

async function claim(machine: Machine, holding: Holding): Promise<Assignment[]> {
  const body = { slots: 1, wait_s: 0, holding };
  const response = await machine.post(paths.responder.claim, body);
  expect(response.status).toBe(200);
  return ((await response.json()) as { runs: Assignment[] }).runs;
}

const renew = (machine: Machine, runs: { run: string; attempt: number }[], holding: Holding) =>
  machine.post(paths.responder.renew, { runs, holding });

describe("a run that was given to a machine which never heard of it", () => {
  test("is given anew by the machine's next claim, at once and for none of its attempts", async () => {
    const system = await startSystem();
    const { id } = await system.run();
    const machine = await system.machine();
    await claim(machine, { number: 1, claims_from: 1, runs: [] });
    const again = await claim(machine, { number: 2, claims_from: 2, runs: [] });
    expect(attemptsOf(again)).toEqual([{ run: id, attempt: 2 }]);
    await machine.finish(again[0]!);
    const events = await eventsOf(await system.call("GET", paths.runEvents(id)));
    expect(events.map(({ data }) => data).filter(({ type }) => type === "retrying")).toMatchObject([
      { attempt: 2, max_attempts: 4, reason: { code: "not_heard" } },
    ]);
  });

  test("is given anew by the finish that claimed it, when that is sent again", async () => {
    const system = await startSystem();
    const first = await system.run("print(1)");
    const { id } = await system.run("print(2)");
    const machine = await system.machine();
    const [held] = await claim(machine, { number: 1, claims_from: 1, runs: [] });
    const runs = attemptsOf([held!]);
    expect(held!.run).toBe(first.id);
    await machine.finish(held!, {}, { claim: 1, holding: { number: 2, claims_from: 2, runs } });
    const more = { claim: 1, holding: { number: 3, claims_from: 3, runs } };
    const answer = (await (await machine.finish(held!, {}, more)).json()) as { runs: Assignment[] };
    expect(attemptsOf(answer.runs)).toEqual([{ run: id, attempt: 2 }]);
  });

  test("is given by no poll of which a renewal says that it is over", async () => {
    const system = await startSystem();
    await system.run("print(1)");
    const machine = await system.machine();
    await machine.finish((await claim(machine, { number: 1, claims_from: 1, runs: [] }))[0]!);
    const holding = { number: 2, claims_from: 2, runs: [] };
    const givenUp = machine.post(paths.responder.claim, { slots: 1, wait_s: 20, holding });
    await renew(machine, [], { claims_from: 3, runs: [] });
    const { id } = await system.run("print(2)");
    const given = await claim(machine, { number: 3, claims_from: 3, runs: [] });
    expect(attemptsOf(given)).toEqual([{ run: id, attempt: 1 }]);
    system.drain.endStreams();
    expect(await (await givenUp).json()).toMatchObject({ runs: [] });
  });

  test("is given by no poll from before the machine registered anew, also as the same boot", async () => {
    const system = await startSystem();
    await system.run("print(1)");
    const bootId = randomUUID();
    const keys = generateKeyPairSync("ed25519");
    const machine = await system.machine({ keys, bootId });
    await machine.finish((await claim(machine, { number: 1, claims_from: 1, runs: [] }))[0]!);
    const holding = { number: 2, claims_from: 1, runs: [] };
    const body = { slots: 1, wait_s: 20, holding };
    const open = machine.post(paths.responder.claim, body);
    // Received after it, and answered when it waits.
    await renew(machine, [], { claims_from: 1, runs: [] });
    let token = "";
    for (const boot of [randomUUID(), bootId]) {
      const request = registration(machine.launch, { keys, bootId: boot });
      const registered = await system.call("POST", paths.responder.register, request);
      ({ token } = (await registered.json()) as { token: string });
    }
    const { id } = await system.run("print(2)");
    const anew = playMachine(system.call, machine.launch, token);
    expect(attemptsOf(await claim(anew, holding))).toEqual([{ run: id, attempt: 1 }]);
    expect(await (await open).json()).toMatchObject({ runs: [] });
  });

  test("waits for another machine once a renewal does not name it", async () => {
    const system = await startSystem();
    const { id } = await system.run();
    const machine = await system.machine();
    await claim(machine, { number: 1, claims_from: 1, runs: [] });
    await renew(machine, [], { claims_from: 2, runs: [] });
    expect(await system.view(id)).toMatchObject({ state: "retrying", attempt: 1 });
  });
});

describe("a claim that a line has doubled", () => {
  test("has one answer, whichever copy is heard", async () => {
    const system = await startSystem();
    await system.run("print(1)");
    const machine = await system.machine();
    await machine.finish((await claim(machine, { number: 1, claims_from: 1, runs: [] }))[0]!);
    const holding = { number: 2, claims_from: 2, runs: [] };
    const copies = [1, 2].map(async () => {
      const body = { slots: 1, wait_s: 20, holding };
      const answer = await machine.post(paths.responder.claim, body);
      return attemptsOf(((await answer.json()) as { runs: Assignment[] }).runs);
    });
    const { id } = await system.run("print(2)");
    await system.run("print(3)");
    const one = [{ run: id, attempt: 1 }];
    expect(await Promise.all(copies)).toEqual([one, one]);
    expect(attemptsOf(await claim(machine, holding))).toEqual(one);
    expect(await system.view(id)).toMatchObject({ state: "running", attempt: 1 });
  });

  test("gives one run where it is the claim of a finish", async () => {
    const system = await startSystem();
    await system.run("print(1)");
    const next = await system.run("print(2)");
    await system.run("print(3)");
    const machine = await system.machine();
    const [held] = await claim(machine, { number: 1, claims_from: 1, runs: [] });
    const holding = { number: 2, claims_from: 2, runs: attemptsOf([held!]) };
    for (const copy of ["heard", "not heard"]) {
      const answer = await machine.finish(held!, {}, { claim: 1, holding });
      const { runs } = (await answer.json()) as { runs: Assignment[] };
      expect([copy, attemptsOf(runs)]).toEqual([copy, [{ run: next.id, attempt: 1 }]]);
    }
  });
});

describe("a run that a machine has", () => {
  test("stays its own while it names it, or while the claim may yet be answered", async () => {
    const system = await startSystem();
    const { id } = await system.run();
    const machine = await system.machine();
    const runs = attemptsOf(await claim(machine, { number: 1, claims_from: 1, runs: [] }));
    // Sent before the answer came, and received after it went.
    await renew(machine, [], { claims_from: 1, runs: [] });
    await renew(machine, runs, { claims_from: 2, runs });
    expect(await claim(machine, { number: 2, claims_from: 2, runs })).toEqual([]);
    expect(await system.view(id)).toMatchObject({ state: "running", attempt: 1 });
  });

  test("stays its own when calls of before come late or twice, and these claim nothing", async () => {
    const system = await startSystem();
    const { id } = await system.run("print(1)");
    const machine = await system.machine();
    await claim(machine, { number: 1, claims_from: 1, runs: [] });
    const runs = attemptsOf(await claim(machine, { number: 2, claims_from: 2, runs: [] }));
    await renew(machine, [], { claims_from: 2, runs: [] });
    await system.run("print(2)");
    expect(await claim(machine, { number: 1, claims_from: 1, runs: [] })).toEqual([]);
    await claim(machine, { number: 3, claims_from: 3, runs });
    expect(await claim(machine, { number: 2, claims_from: 2, runs: [] })).toEqual([]);
    expect(await system.view(id)).toMatchObject({ state: "running", attempt: 2 });
  });
});
