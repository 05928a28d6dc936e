import type { EndState, RunState } from "../../../protocol/run.ts";

/** What a run is, told again in the plainest way: no storage, no leases of others, no concurrency. */
export interface ModelRun {
  id: string;
  pool: Pool;
  lane: string | undefined;
  repeatable: boolean;
  /** Its work can't be prepared any more: it ends when it is claimed. */
  unpreparable: boolean;
  state: RunState;
  attempt: number;
  maxAttempts: number;
  availableAt: number;
  machine: string | undefined;
  leaseUntil: number;
  /** The machine that may still be at it, since it was canceled. */
  held: string | undefined;
  started: boolean;
  /** Batches of the attempt under way that are stored. */
  batches: number;
  /** What each attempt printed. */
  printed: Map<number, string>;
  /** Types of all events so far. */
  events: string[];
  /** Who ended it by a finish. */
  finishedBy: { machine: string; attempt: number } | undefined;
  artifacts: string[];
}

export type Pool = "shared" | "project:o/p";

export interface Given {
  run: string;
  attempt: number;
  machine: string;
}

export interface Model {
  now: number;
  runs: ModelRun[];
  /** Every assignment that a machine ever heard of, those that are over too. */
  given: Given[];
  /** Those whose claims' answers were lost. */
  unheard: Given[];
  /** How many claims each machine made. */
  claims: Map<string, number>;
  /** How many events each run's follower has received. */
  seen: Map<string, number>;
}

const ENDS = ["succeeded", "failed", "timed_out", "killed", "canceled", "errored"];
const LEASE_MS = 15_000;
const MAX_ATTEMPTS = 10;

export const hasEnded = (run: ModelRun) => ENDS.includes(run.state);

export function newModel(now: number): Model {
  return { now, runs: [], given: [], unheard: [], claims: new Map(), seen: new Map() };
}

export function submitted(
  model: Model,
  of: Pick<ModelRun, "id" | "pool" | "lane" | "repeatable" | "unpreparable">,
): void {
  model.runs.push({
    ...of,
    state: "queued",
    attempt: 0,
    maxAttempts: 3,
    availableAt: model.now,
    machine: undefined,
    leaseUntil: 0,
    held: undefined,
    started: false,
    batches: 0,
    printed: new Map(),
    events: ["queued"],
    finishedBy: undefined,
    artifacts: [],
  });
}

export const isDue = (run: ModelRun, now: number) =>
  run.state === "queued" ||
  run.state === "waking" ||
  (run.state === "retrying" && run.availableAt <= now);

/** Whether every earlier run of its lane has ended, and none is held. */
function hasItsTurn(model: Model, run: ModelRun): boolean {
  const earlier = model.runs.slice(0, model.runs.indexOf(run));
  return (
    run.lane === undefined ||
    earlier.every((one) => one.lane !== run.lane || (hasEnded(one) && one.held === undefined))
  );
}

/** What a machine is given that asks for so many, oldest first; it may not hear of it. */
export function claimed(
  model: Model,
  machine: string,
  pool: Pool,
  slots: number,
  to: "given" | "unheard" = "given",
): Given[] {
  const fitting = model.runs
    .filter((run) => run.pool === pool && isDue(run, model.now) && hasItsTurn(model, run))
    .slice(0, slots);
  const given: Given[] = [];
  for (const run of fitting) {
    run.attempt++;
    run.events.push("attempt_started");
    Object.assign(run, { state: "running", machine, started: false, batches: 0 });
    run.leaseUntil = model.now + LEASE_MS;
    if (run.unpreparable) end(run, "failed");
    else given.push({ run: run.id, attempt: run.attempt, machine });
  }
  model[to].push(...given);
  const refused = fitting.length - given.length;
  return refused === 0 ? given : [...given, ...claimed(model, machine, pool, refused, to)];
}

export function end(run: ModelRun, state: EndState): void {
  run.state = state;
  run.events.push("ended");
}

/** What the machine never heard of waits again, at once. */
export function takeUnheard(model: Model, machine: string): void {
  for (const run of model.runs) {
    const lost = model.unheard.some((one) => one.run === run.id && one.attempt === run.attempt);
    if (run.held === machine && lost) run.held = undefined;
    if (run.state !== "running" || run.machine !== machine || !lost) continue;
    lose(model, run, "mishap");
    run.availableAt = model.now;
  }
}

/** Loses the attempt: by a mishap of its machine, or as the machine could not do it. */
export function lose(model: Model, run: ModelRun, by: "mishap" | "failure"): void {
  if (by === "mishap" && !run.started) {
    run.maxAttempts = Math.min(run.maxAttempts + 1, MAX_ATTEMPTS);
  }
  const over = run.attempt >= run.maxAttempts || (!run.repeatable && run.started);
  if (over) return end(run, "errored");
  run.state = "retrying";
  run.started = false;
  run.availableAt = model.now + 500 * 2 ** (run.attempt - 1);
  run.events.push("retrying");
}

export function print(run: ModelRun, text: string): void {
  run.batches++;
  run.events.push("output");
  run.printed.set(run.attempt, (run.printed.get(run.attempt) ?? "") + text);
}

export const renewed = (model: Model, run: ModelRun) => {
  run.leaseUntil = model.now + LEASE_MS;
};

/** Why a call about an attempt is refused; undefined where it is not. */
export function refusal(run: ModelRun, by: Given): string | undefined {
  if (run.state !== "running" || run.attempt !== by.attempt) return "attempt_over";
  return run.machine === by.machine ? undefined : "attempt_not_held";
}
