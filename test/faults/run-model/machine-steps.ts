import fc from "fast-check";
import { expect } from "vitest";
import type { Outcome } from "../../../protocol/outcome.ts";
import {
  claimed,
  end,
  hasEnded,
  lose,
  print,
  refusal,
  renewed,
  takeUnheard,
  type Given,
  type Model,
  type ModelRun,
} from "./model.ts";
import { hasGiven, pick, runOf, step } from "./step.ts";
import { MACHINES, outcome } from "./system.ts";

const machine = fc.constantFrom(...MACHINES);

/** A call about an assignment, as its own machine makes it or another, now or long after. */
const caller = fc.record({ at: fc.nat(1000), recent: fc.boolean(), thief: fc.nat(9) });
function callerOf(
  model: Model,
  { at, recent, thief }: { at: number; recent: boolean; thief: number },
) {
  const given = recent ? model.given.slice(-3) : model.given;
  const by = pick(given, at);
  return thief === 0 ? { ...by, machine: pick(MACHINES, at).id } : by;
}

/** What the machine names in a claim, or in a call between two. */
const holdingOf = (model: Model, id: string, number?: number) => ({
  ...(number !== undefined && { number }),
  claims_from: number ?? (model.claims.get(id) ?? 0) + 1,
  runs: model.given.filter((given) => given.machine === id),
});

const claim = fc
  .record({ by: machine, slots: fc.integer({ min: 1, max: 3 }), lost: fc.nat(4) })
  .map(({ by, slots, lost }) =>
    step(`claim(${by.id}, ${slots}, ${lost})`, async (model, system) => {
      const number = (model.claims.get(by.id) ?? 0) + 1;
      const holding = holdingOf(model, by.id, number);
      model.claims.set(by.id, number);
      takeUnheard(model, by.id);
      const expected = claimed(model, by.id, by.pool, slots, lost === 0 ? "unheard" : "given");
      const { claims, leases } = system.server();
      await leases.takeUnheard(system.machine(by.id), holding);
      const given = await claims.claim(system.machine(by.id), slots, holding);
      const told = given.map(({ run, attempt }) => ({ run, attempt, machine: by.id }));
      expect(told).toEqual(expected);
    }),
  );

/** A claim of long ago, which names what was held then, is given nothing and takes nothing away. */
const lateClaim = machine.map(({ id }) =>
  step(
    `lateClaim(${id})`,
    async (model, system) => {
      const holding = { number: 1, claims_from: 1, runs: [] };
      await system.server().leases.takeUnheard(system.machine(id), holding);
      expect(await system.server().claims.claim(system.machine(id), 3, holding)).toEqual([]);
    },
    ({ claims }) => MACHINES.every((one) => (claims.get(one.id) ?? 0) > 1),
  ),
);

const started = caller.map((from) =>
  step(
    `started(${JSON.stringify(from)})`,
    async (model, system) => {
      const by = callerOf(model, from);
      const run = runOf(model, by);
      const expected = refusal(run, by) ?? "ok";
      const call = system.server().leases.started(system.machine(by.machine), by.run, by);
      expect(await outcome(call)).toBe(expected);
      if (expected === "ok") run.started = true;
    },
    hasGiven,
  ),
);

/** The batch that comes next, one that is stored already, or one that is too early. */
type Sequence = "next" | "repeat" | "early";
const sequence = fc.constantFrom<Sequence>("next", "next", "repeat", "early");
const batchOf = (run: ModelRun, by: Given, which: Sequence) => ({
  seq: Math.max(1, run.batches + { next: 1, repeat: 0, early: 2 }[which]),
  chunks: [{ stream: "stdout" as const, text: `${by.machine} ${by.attempt} ${run.batches}\n` }],
});

function stored(run: ModelRun, batch: ReturnType<typeof batchOf>): string {
  if (batch.seq > run.batches + 1) return "body_invalid";
  if (batch.seq === run.batches + 1) print(run, batch.chunks[0]!.text);
  return "ok";
}

const output = fc.record({ from: caller, which: sequence }).map(({ from, which }) =>
  step(
    `output(${JSON.stringify(from)}, ${which})`,
    async (model, system) => {
      const by = callerOf(model, from);
      const run = runOf(model, by);
      const batch = batchOf(run, by, which);
      const expected = refusal(run, by) ?? stored(run, batch);
      const sent = { ...batch, attempt: by.attempt };
      const call = system.server().leases.output(system.machine(by.machine), by.run, sent);
      expect(await outcome(call)).toBe(expected);
    },
    hasGiven,
  ),
);

const causes = fc.constantFrom<[Outcome["cause"], number | null, string]>(
  ["exited", 0, "succeeded"],
  ["exited", 1, "failed"],
  ["wall_time", null, "timed_out"],
  ["memory", null, "killed"],
  ["handed_back", null, "lost"],
  ["upload_failed", null, "lost"],
);

const finish = fc
  .record({
    from: caller,
    causes,
    which: fc.constantFrom<Sequence | "none">("none", "next", "repeat", "early"),
    artifact: fc.constantFrom("none", "none", "stored", "missing"),
  })
  .map(({ from, causes: [cause, exitCode, to], which, artifact }) =>
    step(
      `finish(${JSON.stringify(from)}, ${cause} ${exitCode}, ${which}, ${artifact})`,
      async (model, system) => {
        const by = callerOf(model, from);
        const run = runOf(model, by);
        // Told apart, so that a finish which is refused for its output leaves the model as it was.
        const batch = which === "none" ? undefined : batchOf(run, by, which);
        const { leases } = system.server();
        const artifacts =
          artifact === "none"
            ? []
            : [await system.artifact(by.run, by.attempt, artifact === "stored")];
        const isThere = (await system.hasArtifact(by.run, by.attempt)) || artifacts.length === 0;
        const expected = isThere ? finished(run, by, batch) : "upload_refused";
        const truncated = { stdout: 0, stderr: 0, artifacts: 0 };
        const call = leases.finish(system.machine(by.machine), by.run, {
          attempt: by.attempt,
          outcome: { cause, exit_code: exitCode, signal: null, truncated },
          artifacts,
          caches: [],
          ...(batch && { output: batch }),
        });
        expect(await outcome(call)).toBe(expected);
        if (expected !== "ok" || run.state !== "running") return;
        if (to !== "lost") {
          run.artifacts = artifacts.map(({ name }) => name);
          end(run, to as "succeeded");
        } else lose(model, run, cause === "handed_back" ? "mishap" : "failure");
        if (hasEnded(run)) run.finishedBy = by;
      },
      hasGiven,
    ),
  );

function finished(run: ModelRun, by: Given, batch: ReturnType<typeof batchOf> | undefined): string {
  const { finishedBy } = run;
  const repeated = finishedBy?.machine === by.machine && finishedBy.attempt === by.attempt;
  if (repeated) return "ok";
  return refusal(run, by) ?? (batch ? stored(run, batch) : "ok");
}

const renew = machine.map(({ id }) =>
  step(`renew(${id})`, async (model, system) => {
    await system.server().leases.takeUnheard(system.machine(id), holdingOf(model, id));
    takeUnheard(model, id);
    const own = model.given.filter((given) => given.machine === id);
    const held = own.filter((given) => refusal(runOf(model, given), given) === undefined);
    const { stop } = await system.server().leases.renew(system.machine(id), own);
    expect(stop).toEqual(own.filter((given) => !held.includes(given)).map(({ run }) => run));
    for (const given of held) renewed(model, runOf(model, given));
  }),
);

/** A machine says that it has let go of all that is over. */
const letGo = machine.map(({ id }) =>
  step(`letGo(${id})`, async (model, system) => {
    const holding = holdingOf(model, id);
    const runs = holding.runs.filter((given) => refusal(runOf(model, given), given) === undefined);
    for (const run of model.runs) if (run.held === id) run.held = undefined;
    takeUnheard(model, id);
    await system.server().leases.takeUnheard(system.machine(id), { ...holding, runs });
  }),
);

/** What machines ask of the server, in about the shares in which they do. */
export const machineSteps = [
  ...[claim, claim, claim, claim, lateClaim],
  ...[started, started, output, output, output, finish, finish, finish, renew, letGo],
];
