import * as v from "valibot";
import { CommitNameSchema } from "./command.ts";
import { PassNumberSchema } from "./passes.ts";
import { EndingSchema, ReasonSchema, WakingSchema, type Ending } from "./run.ts";

/** Null where a signal or a limit ended the program. */
export const ExitCodeSchema = v.nullable(
  v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255)),
);
/** Name of the signal that ended a program; null where none did. */
export const SignalNameSchema = v.nullable(
  v.pipe(v.string(), v.regex(/^SIG[A-Z0-9]{1,20}$/, "a signal's name such as SIGSEGV")),
);
/** Seconds of a monotonic clock: ten years at most. */
export const SecondsSchema = v.pipe(v.number(), v.minValue(0), v.maxValue(10 * 366 * 86_400));

/** A whole number from 0 to `most`. */
export const countSchema = (most: number) =>
  v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(most));

/** A step's number within its attempt. */
export const StepNumberSchema = v.pipe(
  v.number(),
  v.integer(),
  v.minValue(1),
  v.maxValue(1_000_000),
);

export const StreamNameSchema = v.picklist(["stdout", "stderr"]);
export type StreamName = v.InferOutput<typeof StreamNameSchema>;

/**
 * A part of a command run starts: a checkout, a service, a command. Steps count from 1 in their attempt.
 */
export const StepStartedSchema = v.object({
  type: v.literal("step_started"),
  step: StepNumberSchema,
  /** `command`: the project's own; all others prepare or clean up. */
  kind: v.picklist(["checkout", "service", "cache", "command", "request"]),
  /** Title for people: `Check out 4f2a91c`, `Start PostgreSQL`, or the command itself. */
  name: v.pipe(v.string(), v.maxLength(1000)),
  /** The step's commit, where the run has several. */
  commit: v.optional(CommitNameSchema),
  /** The pass of the file's matrix that it belongs to. */
  pass: v.optional(PassNumberSchema),
  /** Seconds since it began, where it is reported late. */
  began_ago_s: v.optional(SecondsSchema),
});
export type StepStarted = v.InferOutput<typeof StepStartedSchema>;

export const StepEndedSchema = v.object({
  type: v.literal("step_ended"),
  step: StepNumberSchema,
  exit_code: ExitCodeSchema,
  signal: SignalNameSchema,
  ran_s: SecondsSchema,
  /** `skipped`: its conditions did not hold. `ignored`: it failed, and the run goes on as if it had not. */
  outcome: v.optional(v.picklist(["skipped", "ignored"])),
});
export type StepEnded = v.InferOutput<typeof StepEndedSchema>;

/** The events of a run, in order. The log is append-only. */
export const RunEventBodySchema = v.variant("type", [
  v.object({ type: v.literal("queued") }),
  v.object({ type: v.literal("waking"), ...WakingSchema.entries }),
  /** A machine got the code. Voids the output of earlier attempts. */
  v.object({
    type: v.literal("attempt_started"),
    attempt: v.number(),
    max_attempts: v.number(),
  }),
  v.object({
    type: v.literal("output"),
    stream: StreamNameSchema,
    text: v.string(),
    /** Bytes cut just before this text, because the output is past its limit. */
    cut: v.optional(v.number()),
    /** The step that printed it, where steps run beside others; else the step that started last. */
    step: v.optional(StepNumberSchema),
  }),
  StepStartedSchema,
  StepEndedSchema,
  v.object({
    type: v.literal("retrying"),
    /** The next attempt. */
    attempt: v.number(),
    max_attempts: v.number(),
    reason: ReasonSchema,
    /** When it may start, RFC 3339. */
    retry_at: v.string(),
  }),
  v.object({ type: v.literal("ended"), ...EndingSchema.entries, result_url: v.string() }),
]);
export type RunEventBody = v.InferOutput<typeof RunEventBodySchema>;
/** The stored form: the address of a result is added on reading. */
export type EventBody = Exclude<RunEventBody, { type: "ended" }> | ({ type: "ended" } & Ending);

/** Fields of each log line beside the event itself. */
const StampSchema = v.object({
  run: v.string(),
  /** Counts from 1 within its run, without a gap. */
  id: v.number(),
  /** Time of the event, RFC 3339. */
  at: v.string(),
});

/** A line of the log in its sent form: SSE's `data`. */
export const RunEventSchema = v.intersect([RunEventBodySchema, StampSchema]);
export type RunEvent = v.InferOutput<typeof RunEventSchema>;
export type StoredEvent = EventBody & v.InferOutput<typeof StampSchema>;
