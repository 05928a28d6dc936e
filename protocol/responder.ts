import * as v from "valibot";
import { FileBytesSchema, FileClaimSchema } from "./block-files.ts";
import { InputsSchema, SHOWN_AS } from "./claims.ts";
import { AttemptNumberSchema, CommandWorkSchema, SavedCacheSchema } from "./command.ts";
import {
  countSchema,
  SecondsSchema,
  StepEndedSchema,
  StepNumberSchema,
  StepStartedSchema,
  StreamNameSchema,
} from "./events.ts";
import { EffectiveLimitsSchema } from "./limits.ts";
import { OutcomeSchema } from "./outcome.ts";
import { RUNTIMES } from "./runtimes.ts";
import { MAX_ARTIFACTS, MAX_BATCH_BYTES, MAX_BATCH_CHUNKS, MAX_CACHES } from "./sizes.ts";

/** Raised whenever an older responder and the server could misunderstand each other. */
export const RESPONDER_PROTOCOL = 6;

/** A text reported by a machine, which has a bound because machines are untrusted. */
export const ShortTextSchema = v.pipe(v.string(), v.maxLength(200));
const runId = v.pipe(v.string(), v.maxLength(64));

export const FoundRuntimeSchema = v.object({
  name: v.picklist(RUNTIMES),
  version: ShortTextSchema,
});
/** Answer of `GET /v1/runtimes`. */
export const RuntimesAnswerSchema = v.object({ runtimes: v.array(FoundRuntimeSchema) });
export type RuntimesAnswer = v.InferOutput<typeof RuntimesAnswerSchema>;

const BlockWorkSchema = v.object({
  kind: v.literal("block"),
  /** The block's runtime: a name, with an optional version. */
  runtime: v.string(),
  /** Canonical code. */
  code: v.string(),
  /** Every declared input with its type, defaults filled in. */
  inputs: InputsSchema,
  /** Canonical codes that come before it, of whose output nothing is shown. */
  parts: v.optional(v.array(v.string())),
  /** Files of its working directory, in base64. */
  files: v.optional(FileBytesSchema),
  /** Larger files of its working directory, by path, with the address to read each from. */
  stored_files: v.optional(
    v.record(v.string(), v.object({ ...FileClaimSchema.entries, url: v.string() })),
  ),
  /** The inputs that are not passed as variables. */
  passed_as: v.optional(v.record(v.string(), v.picklist(["stdin", "arg"]))),
  /** `last`: the program's last expression becomes its `value.json`. */
  value: v.optional(v.literal("last")),
  limits: EffectiveLimitsSchema,
  /** How the element shows what it leaves; machines ignore it. */
  show: v.optional(v.picklist(SHOWN_AS)),
  /** Whether its network includes private addresses, by the operator's setting. */
  allow_private: v.optional(v.boolean()),
});
export type BlockWork = v.InferOutput<typeof BlockWorkSchema>;

/** The work of a run. */
const WorkSchema = v.variant("kind", [BlockWorkSchema, CommandWorkSchema]);
export type Work = v.InferOutput<typeof WorkSchema>;

/** A run given to a responder. All later calls about it name `run` and `attempt`. */
const AssignmentSchema = v.object({
  run: v.string(),
  attempt: v.number(),
  /** A duration: the responder's own monotonic clock ends the sandbox before the lease expires. */
  lease_s: v.number(),
  /**
   * Set where a second execution does harm: the program begins only once `started` is acknowledged. Elsewhere the
   * lease permits it to begin, and `started` is called only while the program runs.
   */
  confirm_start: v.optional(v.literal(true)),
  work: WorkSchema,
});
export type Assignment = v.InferOutput<typeof AssignmentSchema>;

/** Most slots of a machine, and most lines of its claim. */
const MOST_SLOTS = 64;
/** The lines of a claim count up from it, and the database stores safe integers alone. */
const claimNumber = v.pipe(
  v.number(),
  v.integer(),
  v.minValue(1),
  v.maxValue(Number.MAX_SAFE_INTEGER - MOST_SLOTS),
);
const attempt = AttemptNumberSchema;
/** A machine has 64 slots at most, and holds ending attempts beside the running ones. */
const heldRuns = v.pipe(v.array(v.object({ run: runId, attempt })), v.maxLength(256));

/**
 * The attempts that a responder holds. Any other attempt that it was assigned got lost on the way, and is
 * retried at once. Safe to repeat or to arrive late: an ended claim stays ended.
 */
const HoldingSchema = v.object({
  /**
   * Number of this call, where it claims: each try counts up from the one before, from the start of the
   * responder on.
   */
  number: v.optional(claimNumber),
  /** Claims with lower numbers have ended: their answers arrived, or the responder gave them up. */
  claims_from: claimNumber,
  /** The running attempts, including those that are just ending. */
  runs: heldRuns,
});
export type Holding = v.InferOutput<typeof HoldingSchema>;

/** `POST /v1/responder/claim`: a long poll. */
export const ClaimRequestSchema = v.object({
  /** Free slots. */
  slots: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MOST_SLOTS)),
  /** Seconds to wait for work before an empty answer. */
  wait_s: v.pipe(v.number(), v.minValue(0), v.maxValue(60)),
  /**
   * Most lines with runs. More than 1: the answer is a stream of JSON lines, the first of which comes at once. Each
   * is a claim of its own: the first has the number of `holding`, each line with runs counts up.
   */
  lines: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MOST_SLOTS)), 1),
  holding: v.optional(HoldingSchema),
});
/** Assigned runs; one line of them where lines were asked for. */
export const ClaimAnswerSchema = v.object({
  runs: v.array(AssignmentSchema),
  /**
   * Seconds from the call's arrival to the assignment. The leases count from the moment that the responder made the
   * call plus this: an answer that was delayed on its way permits no execution after them.
   */
  after_s: v.optional(SecondsSchema, 0),
  /** The machine holds a run that was canceled: a renewal, which is due at once, tells which. */
  must_renew: v.optional(v.literal(true)),
});
export type ClaimAnswer = v.InferOutput<typeof ClaimAnswerSchema>;

/** `POST /v1/responder/renew`: renews the leases of running attempts. */
export const RenewRequestSchema = v.object({
  runs: heldRuns,
  holding: v.optional(HoldingSchema),
});
export const RenewAnswerSchema = v.object({
  lease_s: v.number(),
  /** Runs to stop at once: canceled, or no longer this responder's. They get no `finish` call. */
  stop: v.array(v.string()),
  /** True once the machine has to leave: it finishes its runs and claims no more. */
  drain: v.boolean(),
});

/** Seconds since the program began. The first call that says so counts. */
const beganAgo = { began_ago_s: v.optional(SecondsSchema) };

/** `POST /v1/responder/runs/{run}/started`: the program begins, or has begun a moment ago. */
export const StartedRequestSchema = v.object({ attempt, ...beganAgo });

const OutputChunkSchema = v.object({
  stream: StreamNameSchema,
  text: v.pipe(v.string(), v.maxLength(MAX_BATCH_BYTES)),
  /** Bytes left out just before this text. */
  cut: v.optional(countSchema(Number.MAX_SAFE_INTEGER)),
  /** The step that printed it, where steps run beside others. */
  step: v.optional(StepNumberSchema),
});
export type OutputChunk = v.InferOutput<typeof OutputChunkSchema>;

/** A numbered batch of output. Idempotent: (run, attempt, seq) is unique. */
const OutputBatchSchema = v.object({
  /** Counts from 1 within the attempt, without a gap. */
  seq: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1_000_000_000)),
  /** Output and, in a command run, the start and end of its steps, in order. */
  chunks: v.pipe(
    v.array(v.union([OutputChunkSchema, StepStartedSchema, StepEndedSchema])),
    v.maxLength(MAX_BATCH_CHUNKS),
  ),
});
export type OutputBatch = v.InferOutput<typeof OutputBatchSchema>;

/** `POST /v1/responder/runs/{run}/output`. */
export const OutputRequestSchema = v.object({
  attempt,
  ...beganAgo,
  ...OutputBatchSchema.entries,
});

const ManifestEntrySchema = v.object({
  /** Path below `artifacts/`, with `/` between folders. */
  name: v.pipe(v.string(), v.minLength(1), v.maxLength(512)),
  type: v.pipe(v.string(), v.maxLength(200), v.regex(/^[\w.+-]+\/[\w.+-]+(; charset=utf-8)?$/)),
  size: countSchema(Number.MAX_SAFE_INTEGER),
  /** Lower-case hex. */
  sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
});
export type ManifestEntry = v.InferOutput<typeof ManifestEntrySchema>;

/** `POST /v1/responder/runs/{run}/artifacts`: asks for one upload per file. */
export const ManifestRequestSchema = v.object({
  attempt,
  artifacts: v.pipe(v.array(ManifestEntrySchema), v.maxLength(MAX_ARTIFACTS)),
});
export const ManifestAnswerSchema = v.object({
  /** In the order of the manifest. Each is a PUT of exactly the announced bytes, with these headers. */
  uploads: v.array(v.object({ url: v.string(), headers: v.record(v.string(), v.string()) })),
});

/**
 * `POST /v1/responder/runs/{run}/finish`. Idempotent: accepted once, and the same attempt may repeat it.
 */
export const FinishRequestSchema = v.object({
  attempt,
  ...beganAgo,
  outcome: OutcomeSchema,
  /** The uploaded artifacts; accepted when storage agrees with each. */
  artifacts: v.pipe(v.array(ManifestEntrySchema), v.maxLength(MAX_ARTIFACTS)),
  /** Cache folders that were uploaded; later runs restore them. */
  caches: v.optional(v.pipe(v.array(SavedCacheSchema), v.maxLength(MAX_CACHES)), []),
  /** The last batch of output, which saves a call of its own. */
  output: v.optional(OutputBatchSchema),
  /** Claims this many runs in the same call, without waiting. */
  claim: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(64))),
  holding: v.optional(HoldingSchema),
});
export type FinishRequest = v.InferOutput<typeof FinishRequestSchema>;

/** `POST /v1/responder/leave`; 200 `{}` means: power off. */
export const LeaveResponderSchema = v.object({
  /**
   * Set where the machine leaves although runs may wait: its provider takes it back, or it is being shut
   * down. Absent: it has no work, and stays where it is needed.
   */
  reason: v.optional(v.picklist(["taken_back", "shut_down"])),
});
export type LeaveReason = v.InferOutput<typeof LeaveResponderSchema>["reason"];
