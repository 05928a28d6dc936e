import * as v from "valibot";
import { EndingSchema, ReasonSchema, WakingSchema } from "./run.ts";

export const StreamNameSchema = v.picklist(["stdout", "stderr"]);
export type StreamName = v.InferOutput<typeof StreamNameSchema>;

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
