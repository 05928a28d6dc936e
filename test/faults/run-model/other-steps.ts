import fc from "fast-check";
import { expect } from "vitest";
import { end, hasEnded, isDue, lose, submitted } from "./model.ts";
import { hasRuns, pick, step } from "./step.ts";
import { MACHINES } from "./system.ts";

const number = fc.nat(1000);
const machine = fc.constantFrom(...MACHINES);

const submitBlock = fc.boolean().map((repeatable) =>
  step(`submitBlock(${repeatable})`, async (model, system) => {
    const id = await system.submitBlock(model.runs.length, repeatable);
    submitted(model, { id, pool: "shared", lane: undefined, repeatable, unpreparable: false });
  }),
);

const submitPush = fc
  .record({
    lane: fc.constantFrom("refs/heads/main", "refs/heads/other"),
    repeatable: fc.boolean(),
    unpreparable: fc.nat(3).map((chance) => chance === 0),
  })
  .map((of) =>
    step(`submitPush(${JSON.stringify(of)})`, async (model, system) => {
      const title = of.unpreparable ? "unpreparable" : "push";
      const id = await system.submitPush(model.runs.length, { ...of, title });
      submitted(model, { id, pool: "project:o/p", ...of });
    }),
  );

const pass = fc.constantFrom(100, 600, 2000, 9000, 16_000).map((ms) =>
  step(`pass(${ms})`, async (model, system) => {
    system.clock.now = model.now += ms;
    for (const run of model.runs) {
      if (run.leaseUntil >= model.now) continue;
      run.held = undefined;
      if (run.state === "running") lose(model, run, "mishap");
    }
    await system.server().leases.lapse(system.clock.now);
  }),
);

const machineLost = machine.map(({ id }) =>
  step(`machineLost(${id})`, async (model, system) => {
    for (const run of model.runs) {
      if (run.held === id) run.held = undefined;
      if (run.state === "running" && run.machine === id) lose(model, run, "mishap");
    }
    await system.server().leases.machineLost(id, "machine_gone");
  }),
);

const cancel = number.map((at) =>
  step(
    `cancel(${at})`,
    async (model, system) => {
      const run = pick(model.runs, at);
      if (run.state === "running" && run.lane !== undefined) run.held = run.machine;
      if (!hasEnded(run)) end(run, "canceled");
      await system.server().runs.apply(run.id, { type: "canceled" });
    },
    hasRuns,
  ),
);

const wake = number.map((at) =>
  step(
    `wake(${at})`,
    async (model, system) => {
      const run = pick(model.runs, at);
      if (isDue(run, model.now)) {
        run.state = "waking";
        run.events.push("waking");
      }
      const waking = { phase: "requested", since: new Date(model.now).toISOString() } as const;
      await system.server().runs.apply(run.id, { type: "machine_waking", waking });
    },
    hasRuns,
  ),
);

const wakeFailed = number.map((at) =>
  step(
    `wakeFailed(${at})`,
    async (model, system) => {
      const run = pick(model.runs, at);
      if (run.state === "waking") {
        run.attempt++;
        run.started = false;
        lose(model, run, "failure");
      }
      await system.server().runs.apply(run.id, { type: "wake_failed", reason: "boot_failed" });
    },
    hasRuns,
  ),
);

const givenUp = number.map((at) =>
  step(
    `givenUp(${at})`,
    async (model, system) => {
      const run = pick(model.runs, at);
      if (!hasEnded(run) && run.state !== "running") end(run, "errored");
      await system.server().runs.apply(run.id, { type: "given_up", reason: "no_capacity" });
    },
    hasRuns,
  ),
);

const read = fc.record({ at: number, most: fc.integer({ min: 1, max: 5 }) }).map(({ at, most }) =>
  step(
    `read(${at}, ${most})`,
    async (model, system) => {
      const run = pick(model.runs, at);
      const before = model.seen.get(run.id) ?? 0;
      // Whoever has all there is would wait for more.
      if (before === run.events.length) return;
      await system.read(run.id, most);
      model.seen.set(run.id, Math.min(before + most, run.events.length));
      expect(system.received.get(run.id)!.map(({ type }) => type)).toEqual(
        run.events.slice(0, model.seen.get(run.id)),
      );
    },
    hasRuns,
  ),
);

const storageAway = fc
  .boolean()
  .map((away) => step(`storageAway(${away})`, async (_, system) => system.store.setAway(away)));

const restart = fc.constant(step("restart", async (_, system) => system.restart()));
const repair = fc.constant(
  step("repair", async (_, system) => system.server().runs.repairResults()),
);

/** Whatever else happens to runs, in about the shares in which it does. */
export const otherSteps = [
  ...[submitBlock, submitPush, submitPush],
  ...[pass, pass, machineLost, cancel, wake, wake, wakeFailed, givenUp],
  ...[read, read, storageAway, restart, repair],
];
