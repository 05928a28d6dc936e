import * as v from "valibot";
import { EndingSchema, ReasonSchema, WakingSchema } from "./run.ts";

export const StreamNameSchema = v.picklist(["stdout", "stderr"]);
export type StreamName = v.InferOutput<typeof StreamNameSchema>;

/** A part of a command run begins: a checkout, a service, a command. Steps count from 1 in their attempt. */
export const StepStartedSchema = v.object({
  type: v.literal("step_started"),
  step: v.pipe(v.number(), v.integer(), v.minValue(1)),
  /** `command`: the project's own; everything else is what comes before and after. */
  kind: v.picklist(["checkout", "service", "cache", "command", "request"]),
  /** What a person reads: `Check out 4f2a91c`, `Start PostgreSQL`, or the command itself. */
  name: v.pipe(v.string(), v.maxLength(1000)),
  /** The commit it is about, where the run has several. */
  commit: v.optional(v.string()),
});
export type StepStarted = v.InferOutput<typeof StepStartedSchema>;

export const StepEndedSchema = v.object({
  type: v.literal("step_ended"),
  step: v.pipe(v.number(), v.integer(), v.minValue(1)),
  /** Null where a signal or a limit ended it. */
  exit_code: v.nullable(v.number()),
  signal: v.nullable(v.string()),
  /** Seconds, by the responder's monotonic clock. */
  ran_s: v.number(),
});
export type StepEnded = v.InferOutput<typeof StepEndedSchema>;

/** What happened to a run, in the order it happened. The log is append-only. */
export const RunHappeningSchema = v.variant("type", [
  v.object({ type: v.literal("queued") }),
  v.object({ type: v.literal("waking"), ...WakingSchema.entries }),
  /** The code went to a machine. Voids the output of earlier attempts. */
  v.object({
    type: v.literal("attempt_started"),
    attempt: v.number(),
    max_attempts: v.number(),
  }),
  v.object({
    type: v.literal("output"),
    stream: StreamNameSchema,
    text: v.string(),
    /** Bytes left out just before this text, because the output is past its limit. */
    cut: v.optional(v.number()),
  }),
  StepStartedSchema,
  StepEndedSchema,
  v.object({
    type: v.literal("retrying"),
    /** The attempt that comes next. */
    attempt: v.number(),
    max_attempts: v.number(),
    reason: ReasonSchema,
    /** When it may start, RFC 3339. */
    retry_at: v.string(),
  }),
  v.object({ type: v.literal("ended"), ...EndingSchema.entries, result_url: v.string() }),
]);
export type RunHappening = v.InferOutput<typeof RunHappeningSchema>;

/** A line of the log as it is sent: SSE's `data`. `id` counts from 1 within its run, without a gap. */
export type RunEvent = RunHappening & {
  run: string;
  id: number;
  /** When it happened, RFC 3339. */
  at: string;
};
