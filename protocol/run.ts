import * as v from "valibot";
import { ActorSchema } from "./actors.ts";

export const OPEN_STATES = ["queued", "waking", "running", "retrying"] as const;

export const END_STATES = [
  "succeeded",
  "failed",
  "timed_out",
  "killed",
  "canceled",
  "errored",
] as const;
export const EndStateSchema = v.picklist(END_STATES);
export type EndState = v.InferOutput<typeof EndStateSchema>;

export const RUN_STATES = [...OPEN_STATES, ...END_STATES] as const;
export const RunStateSchema = v.picklist(RUN_STATES);
export type RunState = v.InferOutput<typeof RunStateSchema>;

export function isEnded(state: RunState): state is EndState {
  return (END_STATES as readonly RunState[]).includes(state);
}

/** Phases of a wake, up to the machine's first claim. */
export const WAKE_PHASES = ["requested", "starting", "booting", "setting_up", "ready"] as const;
export const WakePhaseSchema = v.picklist(WAKE_PHASES);
export type WakePhase = v.InferOutput<typeof WakePhaseSchema>;

/** Durations of the last wakes of a pool, in seconds. */
export const UsualWakeSchema = v.object({
  p50_s: v.number(),
  p90_s: v.number(),
  /** The number of wakes behind these figures. */
  wakes: v.number(),
});
export type UsualWake = v.InferOutput<typeof UsualWakeSchema>;

/** Progress of a wake, for waiting readers. */
export const WakingSchema = v.object({
  phase: WakePhaseSchema,
  /** The current set-up step, where the phase is `setting_up`. */
  step: v.optional(v.object({ number: v.number(), of: v.number(), name: v.string() })),
  /** When this wake was requested, RFC 3339. */
  since: v.string(),
  /** Absent until the pool's first wake has ended. */
  usual: v.optional(UsualWakeSchema),
  /** The next step if this wake fails, as a sentence. */
  next: v.optional(v.string()),
});
export type Waking = v.InferOutput<typeof WakingSchema>;

const ArtifactSchema = v.object({
  name: v.string(),
  type: v.string(),
  size: v.number(),
  sha256: v.string(),
  url: v.string(),
});
export type Artifact = v.InferOutput<typeof ArtifactSchema>;

/** Bytes of each stream and files of `artifacts/` that were cut by the limits. */
const TruncatedSchema = v.object({
  stdout: v.number(),
  stderr: v.number(),
  artifacts: v.number(),
});
export type Truncated = v.InferOutput<typeof TruncatedSchema>;

/** Why a run ended, or why an attempt was lost: a stable code and a sentence. */
export const ReasonSchema = v.object({ code: v.string(), message: v.string() });
export type Reason = v.InferOutput<typeof ReasonSchema>;

/** RFC 3339 moments; absent where the event did not happen. */
const TimesSchema = v.object({
  queued: v.string(),
  /** When the program of the last attempt started. */
  started: v.optional(v.string()),
  ended: v.string(),
  /** Seconds the program ran, by the responder's monotonic clock. */
  ran_s: v.optional(v.number()),
});

/** A step of a command run. An unfinished step has no status yet. */
const StepSchema = v.object({
  step: v.number(),
  kind: v.string(),
  name: v.string(),
  commit: v.optional(v.string()),
  /** The pass of the file's matrix, counted from 1. */
  pass: v.optional(v.number()),
  started_at: v.string(),
  exit_code: v.nullable(v.number()),
  signal: v.nullable(v.string()),
  ran_s: v.nullable(v.number()),
  /** `skipped`: its conditions did not hold. `ignored`: it failed, and the run went on. */
  outcome: v.optional(v.picklist(["skipped", "ignored"])),
});
export type Step = v.InferOutput<typeof StepSchema>;

/** The commits, title and steps of a command run. */
const CommandFactsSchema = v.object({
  project: v.string(),
  trigger: v.string(),
  /** Absent: not known, as the run is older than actors. */
  started_by: v.optional(ActorSchema),
  canceled_by: v.optional(ActorSchema),
  /** Title for people: the commit's subject, or the command. */
  title: v.string(),
  ref: v.nullable(v.string()),
  /** Known after the checkout, or from the push. */
  commits: v.array(v.string()),
  /** Id of the run that has to end first, if there is one: pushes to a branch run in order. */
  waits_for: v.optional(v.string()),
  steps: v.array(StepSchema),
  page_url: v.string(),
});
export type CommandFacts = v.InferOutput<typeof CommandFactsSchema>;

/** How a run ended, without its output. */
export const EndingSchema = v.object({
  state: EndStateSchema,
  /** Absent for `succeeded` and for a plain `failed`. */
  reason: v.nullable(ReasonSchema),
  exit_code: v.nullable(v.number()),
  /** Name of the signal that ended the program, such as `SIGSEGV`. */
  signal: v.nullable(v.string()),
  truncated: TruncatedSchema,
  artifacts: v.array(ArtifactSchema),
  attempt: v.number(),
  times: TimesSchema,
  /** Seconds of processor time of all its processes; absent where the machine does not count them. */
  cpu_s: v.optional(v.number()),
  /** The JSON of the file `value.json` that the program left; absent where it left none. */
  value: v.optional(v.unknown()),
  /** Why `value.json` is no value, as a sentence. */
  value_problem: v.optional(v.string()),
  /** Most MiB of memory in use at once, the interpreter's included; absent likewise. */
  memory_peak_mb: v.optional(v.number()),
});
export type Ending = v.InferOutput<typeof EndingSchema>;

/** `results/<run>/result.json`: written for every end state. */
export const ResultSchema = v.object({
  id: v.string(),
  ...EndingSchema.entries,
  /** Head and tail, with the cut marked on a line of its own. */
  stdout: v.string(),
  stderr: v.string(),
  runtime: v.string(),
  /** Only for command runs. */
  command: v.optional(CommandFactsSchema),
  /** A JWS by the server over its record of the run; `deferred verify` checks it. */
  receipt: v.string(),
});
export type Result = v.InferOutput<typeof ResultSchema>;

/** A run, as everyone who knows its id may see it. */
export const RunViewSchema = v.object({
  id: v.string(),
  state: RunStateSchema,
  runtime: v.string(),
  attempt: v.number(),
  max_attempts: v.number(),
  created_at: v.string(),
  /** The number of the run's last event. */
  last_event: v.number(),
  /** While it waits: its position in the queue for the same machines, from 1. */
  position: v.optional(v.number()),
  waking: v.optional(WakingSchema),
  /** Present while `retrying`. */
  retrying: v.optional(v.object({ reason: ReasonSchema, at: v.string() })),
  /** Only for command runs. */
  command: v.optional(CommandFactsSchema),
  /** Present once the run has ended. */
  ending: v.optional(EndingSchema),
  run_url: v.string(),
  events_url: v.string(),
  result_url: v.string(),
});
export type RunView = v.InferOutput<typeof RunViewSchema>;

/** An earlier result of the same block and inputs, and its age at the answer, by the server's clock. */
const StoredResultSchema = v.object({
  id: v.string(),
  result_url: v.string(),
  ended_at: v.string(),
  age_s: v.number(),
});
export type StoredResult = v.InferOutput<typeof StoredResultSchema>;

/** Answer to `GET /v1/results`: for each block of the query, in its order, its newest stored result. */
export const StoredResultsSchema = v.object({
  /** `null`: none is stored, or the server would refuse the block. */
  results: v.array(v.nullable(StoredResultSchema)),
});
export type StoredResults = v.InferOutput<typeof StoredResultsSchema>;

/** Answer to `POST /v1/runs`. */
export const RunCreatedSchema = v.object({
  id: v.string(),
  state: RunStateSchema,
  run_url: v.string(),
  events_url: v.string(),
  result_url: v.string(),
  /**
   * A result to show at once, of a block with `cache_s`: of this run, where a stored result answers;
   * otherwise an older, outdated one until the requested run has output.
   */
  stored: v.optional(StoredResultSchema),
  /**
   * Lets this caller leave with `DELETE /v1/runs/{id}`, sent as `Authorization: Bearer …`; absent where
   * a stored result answered.
   */
  cancel_token: v.optional(v.string()),
});
export type RunCreated = v.InferOutput<typeof RunCreatedSchema>;
