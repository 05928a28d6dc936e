import type { Assignment, FinishRequest, OutputBatch, Outcome } from "../protocol/responder.ts";
import { servesRuntime } from "../protocol/runtimes.ts";
import { collectArtifacts, type Collected } from "./artifacts.ts";
import { startBatches } from "./batches.ts";
import type { Log } from "./log.ts";
import { cutStream } from "./output.ts";
import type { ResponderCalls } from "./responder-calls.ts";
import { untilAnswered } from "./retry.ts";
import type { InstalledRuntime } from "./runtimes/runtime.ts";
import type { Ahead } from "./sandbox/ahead.ts";
import { SandboxError, type Ending, type PreparedSandbox } from "./sandbox/sandbox.ts";
import { ServerRefusal, type ServerClient } from "./server-client.ts";
import { uploadAll } from "./upload.ts";

/**
 * Why an attempt is ended from here. `dropped`: it is another's by now, nothing more is said about it.
 * `handed_back`: the machine stops. `taken_back`: its provider wants it.
 */
export type Interruption = "dropped" | "handed_back" | "taken_back";

const HAND_BACK_MS = 2_000;
const DETAIL_CHARACTERS = 2000;
const NOTHING_CUT = { stdout: 0, stderr: 0, artifacts: 0 };

export interface AttemptContext {
  readonly calls: ResponderCalls;
  readonly client: ServerClient;
  readonly serverUrl: string;
  readonly ahead: Ahead;
  readonly runtimes: readonly InstalledRuntime[];
  readonly log: Log;
  /** Aborts with an `Interruption` as its reason. */
  readonly signal: AbortSignal;
  /** How many runs the finish call may claim. */
  mayClaim(): number;
}

/** Executes one assignment, from `started` to `finish`. Answers the runs that finishing it claimed. */
export async function executeAttempt(
  assignment: Assignment,
  context: AttemptContext,
): Promise<Assignment[]> {
  const { log, signal, calls } = context;
  const fields = { run: assignment.run, attempt: assignment.attempt };
  let sandbox: PreparedSandbox | undefined;
  try {
    sandbox = await takeSandbox(assignment, context);
    log.info("attempt started", fields);
    const { finish, collected } = await runIn(sandbox, assignment, context);
    try {
      const body = await upload(finish, collected, assignment, context);
      const claimed = await finishWith(body, assignment.run, context);
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
      if (why !== "dropped") await handBack(assignment, why, context);
      return [];
    }
    if (error instanceof ServerRefusal) throw error;
    const detail = error instanceof SandboxError ? error.message : String(error);
    log.warn("an attempt failed", { ...fields, error: detail });
    const body = unfinished(assignment, "sandbox_failed", detail);
    return untilAnswered(() => calls.finish(assignment.run, body, signal), signal);
  } finally {
    // The next run need not wait until the kernel has cleared this one away.
    void sandbox?.discard().catch((error: unknown) => {
      log.warn("a sandbox was not cleared away", { ...fields, error: String(error) });
    });
  }
}

/** A sandbox, with `started` acknowledged: nothing of the program may begin before. */
async function takeSandbox(
  assignment: Assignment,
  context: AttemptContext,
): Promise<PreparedSandbox> {
  const { work } = assignment;
  if (work.kind !== "block") throw new SandboxError("commands are not executed yet");
  const installed = context.runtimes.find(({ runtime, version }) =>
    servesRuntime({ name: runtime.name, version }, work.runtime),
  );
  if (installed === undefined) throw new SandboxError(`${work.runtime} is not on this machine`);
  const [sandbox, started] = await Promise.allSettled([
    context.ahead.take(installed.runtime.name),
    untilAnswered(() => context.calls.started(assignment, context.signal), context.signal),
  ]);
  if (started.status === "rejected") {
    if (sandbox.status === "fulfilled") await sandbox.value.discard();
    throw started.reason;
  }
  if (sandbox.status === "rejected") throw sandbox.reason;
  return sandbox.value;
}

async function runIn(
  sandbox: PreparedSandbox,
  assignment: Assignment,
  { calls, signal }: AttemptContext,
): Promise<{ finish: FinishRequest; collected: Collected | undefined }> {
  const { work, attempt } = assignment;
  if (work.kind !== "block") throw new SandboxError("commands are not executed yet");
  // Aborts when the server refuses the output: the attempt is over, so nobody waits for the rest of it.
  const refused = new AbortController();
  const batches = startBatches(async (batch) => {
    try {
      await untilAnswered(() => calls.output(assignment, batch, signal), signal);
    } catch (error) {
      refused.abort();
      throw error;
    }
  });
  const streams = {
    stdout: cutStream("stdout", work.limits.output_kb * 1024),
    stderr: cutStream("stderr", work.limits.output_kb * 1024),
  };
  const ending = await sandbox.run(
    work,
    (stream, bytes) => {
      const text = streams[stream].write(bytes);
      if (text !== "") batches.add({ stream, text });
    },
    AbortSignal.any([signal, refused.signal]),
  );
  signal.throwIfAborted();
  const ends = { stdout: streams.stdout.end(), stderr: streams.stderr.end() };
  for (const chunk of [...ends.stdout.chunks, ...ends.stderr.chunks]) batches.add(chunk);
  const output: OutputBatch | undefined = await batches.finish();
  const collected =
    ending.ranS === undefined
      ? undefined
      : collectArtifacts(sandbox.folder, work.limits.artifacts_mb * 2 ** 20);
  const truncated = {
    stdout: ends.stdout.cut,
    stderr: ends.stderr.cut,
    artifacts: collected?.leftOut ?? 0,
  };
  const outcome = outcomeOf(ending, truncated);
  return { finish: { attempt, outcome, artifacts: [], caches: [], output }, collected };
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
  // What refuses these calls refuses the attempt itself.
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
  run: string,
  { calls, signal, mayClaim }: AttemptContext,
): Promise<Assignment[]> {
  const finish = (request: FinishRequest) =>
    untilAnswered(() => calls.finish(run, { ...request, claim: mayClaim() }, signal), signal);
  try {
    return await finish(body);
  } catch (error) {
    if (!(error instanceof ServerRefusal && error.code === "upload_refused")) throw error;
    // Storage has something else than was sent; another attempt may fare better.
    return finish(withoutUploads(body, error));
  }
}

function withoutUploads(finish: FinishRequest, error: unknown): FinishRequest {
  const detail = String(error).slice(0, DETAIL_CHARACTERS);
  const outcome: Outcome = { ...finish.outcome, cause: "upload_failed", detail };
  return { ...finish, artifacts: [], outcome };
}

function outcomeOf(ending: Ending, truncated: Outcome["truncated"]): Outcome {
  if (ending.cause === "stopped") throw new Error("a stopped attempt has no outcome");
  return {
    cause: ending.cause,
    exit_code: ending.exitCode,
    signal: ending.signal,
    ran_s: ending.ranS,
    truncated,
    detail: ending.detail?.slice(0, DETAIL_CHARACTERS),
  };
}

async function handBack(
  assignment: Assignment,
  why: "handed_back" | "taken_back",
  { calls, log }: AttemptContext,
): Promise<void> {
  const signal = AbortSignal.timeout(HAND_BACK_MS);
  try {
    await untilAnswered(
      () => calls.finish(assignment.run, unfinished(assignment, why), signal),
      signal,
    );
  } catch (error) {
    // Its lease ends by itself.
    log.warn("a run was not handed back", { run: assignment.run, error: String(error) });
  }
}

function unfinished(
  { attempt }: Assignment,
  cause: "handed_back" | "taken_back" | "sandbox_failed",
  detail?: string,
): FinishRequest {
  const outcome: Outcome = {
    cause,
    exit_code: null,
    signal: null,
    truncated: NOTHING_CUT,
    detail: detail?.slice(0, DETAIL_CHARACTERS),
  };
  return { attempt, outcome, artifacts: [], caches: [] };
}
