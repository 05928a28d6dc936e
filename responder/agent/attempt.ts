import { closeSync } from "node:fs";
import type { Assignment, FinishRequest } from "../../protocol/responder.ts";
import type { Outcome } from "../../protocol/outcome.ts";
import { OUTPUT_FILES } from "../../protocol/output-files.ts";
import { MAX_ARTIFACTS } from "../../protocol/sizes.ts";
import type { Collected } from "../artifacts/collect.ts";
import { FileUnavailable } from "../execution/place-files.ts";
import { attemptOutput } from "../execution/attempt-output.ts";
import type { Executed, Execution } from "../execution/execution.ts";
import type { Log } from "../process/log.ts";
import type { Claimed, ResponderCalls } from "../client/responder-calls.ts";
import { untilAnswered } from "../client/retry.ts";
import { SandboxError } from "../sandbox/result.ts";
import { ServerRefusal, type ServerClient } from "../client/server-client.ts";
import { uploadAll } from "../client/upload.ts";
import { DETAIL_CHARACTERS, toOutcome, unfinished } from "./outcome.ts";
import type { OutputFile } from "../execution/whole-output.ts";
import { startReport, type StartReport } from "./start-report.ts";

/**
 * Why this responder ends an attempt. `dropped`: the lease is lost, so no outcome is reported. `handed_back`: the
 * machine stops. `taken_back`: the provider reclaims the machine.
 */
export type Interruption = "dropped" | "handed_back" | "taken_back";

const HAND_BACK_MS = 2_000;

export interface AttemptContext {
  readonly calls: ResponderCalls;
  readonly client: ServerClient;
  readonly serverUrl: string;
  readonly log: Log;
  /** Aborts with an `Interruption` as its reason. */
  readonly signal: AbortSignal;
  /** The program has ended: from here on a lapsed lease does not drop the outcome. */
  ended(): void;
  /** The finish call is under way: from here on its answer decides, and may bring the next runs. */
  finishing(): void;
  /** How many runs a try of the finish call claims, if any. */
  claiming(): Pick<FinishRequest, "claim" | "holding">;
  /** The execution for the assignment's kind of work. */
  execution(assignment: Assignment, calls: ResponderCalls): Execution;
}

/** Executes one assignment, from its start to `finish`. Answers the runs that finishing it claimed. */
export async function executeAttempt(
  assignment: Assignment,
  context: AttemptContext,
): Promise<Claimed> {
  const { log, signal, calls } = context;
  const fields = { run: assignment.run, attempt: assignment.attempt };
  const execution = context.execution(assignment, calls);
  // Aborts when the server refuses a report: the attempt is over then, and the program is stopped.
  const refused = new AbortController();
  const onRefused = (error: unknown) => refused.abort(error);
  const start = startReport({ assignment, calls, signal, onRefused });
  try {
    await prepareAndStart(execution, assignment, context);
    log.info("attempt started", fields);
    const attempt = { assignment, execution, start, refused };
    const { finish, collected } = await runWork(attempt, context);
    try {
      const body = await upload(finish, collected, assignment, context);
      const claimed = await finishWith(body, attempt, context);
      const { cause, exit_code, ran_s } = body.outcome;
      log.info("attempt finished", { ...fields, cause, exit_code, ran_s });
      return claimed;
    } finally {
      collected?.close();
    }
  } catch (error) {
    if (signal.aborted) {
      log.info("attempt interrupted", { ...fields, why: String(signal.reason) });
      const why = signal.reason as Interruption;
      if (why !== "dropped") await handBack(assignment, why, start, context);
      return { runs: [], leasedAt: 0 };
    }
    if (error instanceof ServerRefusal) throw error;
    const isOurs = error instanceof SandboxError || error instanceof FileUnavailable;
    const detail = isOurs ? error.message : String(error);
    log.warn("an attempt failed", { ...fields, error: detail });
    const cause = error instanceof FileUnavailable ? "file_unavailable" : "sandbox_failed";
    const body = { ...unfinished(assignment, cause, detail), ...start.facts() };
    return untilAnswered(() => calls.finish(assignment.run, body, signal), signal);
  } finally {
    start.end();
    // Not awaited: the next run starts while the kernel still removes this sandbox.
    void execution.discard().catch((error: unknown) => {
      log.warn("a sandbox was not cleared away", { ...fields, error: String(error) });
    });
  }
}

/** What one attempt is executed with. */
interface RunningAttempt {
  readonly assignment: Assignment;
  readonly execution: Execution;
  readonly start: StartReport;
  readonly refused: AbortController;
}

/** Prepares the execution; where it has to be confirmed, the work begins after the server has acknowledged it. */
async function prepareAndStart(
  execution: Execution,
  assignment: Assignment,
  { calls, signal }: AttemptContext,
): Promise<void> {
  if (assignment.confirm_start === undefined) return execution.prepare(signal);
  // Both have settled before anything is discarded.
  const [prepared, started] = await Promise.allSettled([
    execution.prepare(signal),
    untilAnswered(() => calls.started(assignment, {}, signal), signal),
  ]);
  if (started.status === "rejected") throw started.reason;
  if (prepared.status === "rejected") throw prepared.reason;
}

async function runWork(
  { assignment, execution, start, refused }: RunningAttempt,
  { calls, signal, ended }: AttemptContext,
): Promise<{ finish: FinishRequest; collected: Collected | undefined }> {
  const output = attemptOutput(execution.limits.output_kb, async (batch) => {
    const send = () => calls.output(assignment, { ...batch, ...start.facts() }, signal);
    try {
      await untilAnswered(send, signal);
      start.told();
    } catch (error) {
      refused.abort(error);
      throw error;
    }
  });
  try {
    signal.throwIfAborted();
    start.begin();
    const executed = await execution.run(output, AbortSignal.any([signal, refused.signal]));
    start.end();
    signal.throwIfAborted();
    refused.signal.throwIfAborted();
    ended();
    const { last, cut, whole } = await output.end();
    const collected = await collectWith(whole, execution, executed, signal);
    const truncated = { ...cut, artifacts: collected?.leftOut ?? 0 };
    const outcome = { ...toOutcome(executed, truncated, execution.limits), ...collected?.value };
    const caches = [...(executed.caches ?? [])];
    const { attempt } = assignment;
    return { finish: { attempt, outcome, artifacts: [], caches, output: last }, collected };
  } finally {
    output.close();
  }
}

/** Collects artifacts, and the whole output as one more where it was cut. */
async function collectWith(
  whole: OutputFile | undefined,
  execution: Execution,
  executed: Executed,
  signal: AbortSignal,
): Promise<Collected | undefined> {
  let kept = false;
  try {
    const collected = executed.ranS === undefined ? undefined : await execution.collect(signal);
    if (!collected || !whole) return collected;
    const { artifacts } = collected;
    const name = OUTPUT_FILES.find((one) => artifacts.every((artifact) => artifact.name !== one));
    if (name === undefined || artifacts.length >= MAX_ARTIFACTS) {
      return { ...collected, leftOut: collected.leftOut + 1 };
    }
    artifacts.push({ ...whole, name, type: "text/plain; charset=utf-8" });
    kept = true;
    return collected;
  } finally {
    if (whole && !kept) closeSync(whole.fd);
  }
}

/** The finish call's body, once every artifact is where it belongs. */
async function upload(
  finish: FinishRequest,
  collected: Collected | undefined,
  assignment: Assignment,
  { calls, client, serverUrl, signal }: AttemptContext,
): Promise<FinishRequest> {
  if (collected === undefined || collected.artifacts.length === 0) return finish;
  const artifacts = collected.artifacts.map(({ fd: _, ...entry }) => entry);
  // A refusal of this call is a refusal of the attempt.
  const uploads = await untilAnswered(() => calls.artifacts(assignment, artifacts, signal), signal);
  try {
    await uploadAll(client, serverUrl, collected.artifacts, uploads, signal);
    return { ...finish, artifacts };
  } catch (error) {
    signal.throwIfAborted();
    return withoutUploads(finish, error);
  }
}

async function finishWith(
  body: FinishRequest,
  { assignment: { run }, start }: RunningAttempt,
  { calls, signal, claiming, finishing }: AttemptContext,
): Promise<Claimed> {
  finishing();
  const finish = (request: FinishRequest) => {
    const send = () => calls.finish(run, { ...request, ...start.facts(), ...claiming() }, signal);
    return untilAnswered(send, signal);
  };
  try {
    return await finish(body);
  } catch (error) {
    if (!(error instanceof ServerRefusal && error.code === "upload_refused")) throw error;
    // Storage holds other bytes than were sent: another attempt may succeed.
    return finish(withoutUploads(body, error));
  }
}

function withoutUploads(finish: FinishRequest, error: unknown): FinishRequest {
  const detail = String(error).slice(0, DETAIL_CHARACTERS);
  const outcome: Outcome = { ...finish.outcome, cause: "upload_failed", detail };
  return { ...finish, artifacts: [], caches: [], outcome };
}

async function handBack(
  assignment: Assignment,
  why: "handed_back" | "taken_back",
  start: StartReport,
  { calls, log }: AttemptContext,
): Promise<void> {
  const signal = AbortSignal.timeout(HAND_BACK_MS);
  const body = () => ({ ...unfinished(assignment, why), ...start.facts() });
  try {
    await untilAnswered(() => calls.finish(assignment.run, body(), signal), signal);
  } catch (error) {
    // Its lease ends by itself.
    log.warn("a run was not handed back", { run: assignment.run, error: String(error) });
  }
}
