import fc from "fast-check";
import { expect, test } from "vitest";
import { resultKey } from "../../server/runs/results.ts";
import { machineSteps } from "./run-model/machine-steps.ts";
import { claimed, end, hasEnded, newModel, type Model, type ModelRun } from "./run-model/model.ts";
import { otherSteps } from "./run-model/other-steps.ts";
import { MACHINES, openSystem, type System } from "./run-model/system.ts";

/** The same each time; FAULTS_SEED and FAULTS_RUNS look elsewhere, or for longer. */
const SEED = Number(process.env["FAULTS_SEED"] ?? 1);
const RUNS = Number(process.env["FAULTS_RUNS"] ?? 40);
const START = Date.UTC(2026, 0, 1, 12);

/** Whatever still waits or runs is brought to an end. */
async function windUp(model: Model, system: System): Promise<void> {
  system.store.setAway(false);
  while (!model.runs.every(hasEnded)) {
    system.clock.now = model.now += 3_600_000;
    for (const run of model.runs) if (run.state === "running") end(run, "canceled");
    const running = await system.running();
    for (const id of running) await system.server().runs.apply(id, { type: "canceled" });
    // Their leases were over long ago.
    await system.server().leases.lapse(system.clock.now);
    for (const run of model.runs) run.held = undefined;
    for (const { id, pool } of MACHINES) {
      const expected = claimed(model, id, pool, 10);
      const given = await system.server().claims.claim(system.machine(id), 10);
      expect(given.map(({ run }) => run)).toEqual(expected.map(({ run }) => run));
    }
  }
  await system.server().runs.repairResults();
}

/** The run's log, its follower and its result tell the same story, once. */
async function holds(run: ModelRun, system: System): Promise<void> {
  while ((system.received.get(run.id)?.length ?? 0) < run.events.length) {
    await system.read(run.id, 100);
  }
  const events = system.received.get(run.id)!;
  expect(events.map(({ id }) => id)).toEqual(events.map((_, index) => index + 1));
  expect(events.map(({ type }) => type)).toEqual(run.events);
  expect(events.filter(({ type }) => type === "ended")).toHaveLength(1);
  expect(events.at(-1)).toMatchObject({ type: "ended", state: run.state });

  const kind = run.pool === "shared" ? "block" : "command";
  const results = system.store.resultsAt(resultKey({ id: run.id, kind }));
  expect(results).toHaveLength(1);
  expect(results[0]).toMatchObject({
    id: run.id,
    state: run.state,
    attempt: run.attempt,
    stdout: run.printed.get(run.attempt) ?? "",
    stderr: "",
  });
  expect(results[0]!.artifacts.map(({ name }) => name)).toEqual(run.artifacts);
}

test(
  "whatever happens to runs in whatever order, they do what a simple model of them does",
  async () => {
    let waiting = 0;
    const story = fc.commands([...machineSteps, ...otherSteps], { maxCommands: 120, size: "max" });
    const property = fc.asyncProperty(story, async (steps) => {
      const system = await openSystem({ now: START });
      try {
        const model = newModel(START);
        await fc.asyncModelRun(() => ({ model, real: system }), steps);
        await windUp(model, system);
        for (const run of model.runs) await holds(run, system);
        waiting += model.runs.length;
      } finally {
        await system.close();
      }
    });
    await fc.assert(property, { seed: SEED, numRuns: RUNS });
    expect(waiting).toBeGreaterThan(RUNS);
  },
  RUNS * 1000,
);
