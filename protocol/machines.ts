import * as v from "valibot";
import { ActorSchema } from "./actors.ts";
import { SlugSchema } from "./claims.ts";
import { UsualWakeSchema } from "./run.ts";

export const MARKETS = ["on-demand", "spot"] as const;
export type Market = (typeof MARKETS)[number];
const MarketSchema = v.picklist(MARKETS);

const type = v.pipe(v.string(), v.minLength(1), v.maxLength(64), v.regex(/^[a-z0-9.-]+$/));
const image = v.pipe(v.string(), v.minLength(1), v.maxLength(200), v.regex(/^[\w:.*\-/]+$/));

/** Settings of one machine that differ from the provider's. */
const MachineWishSchema = v.strictObject({
  /** Instance types, in order of preference. */
  types: v.optional(v.pipe(v.array(type), v.minLength(1), v.maxLength(10))),
  /** An image's id, a family such as `debian-13`, or `self:` and the name of an own image. */
  image: v.optional(image),
  market: v.optional(MarketSchema),
});
export type MachineWish = v.InferOutput<typeof MachineWishSchema>;

/** Settings of the machines of one project, or of all that have none of their own. */
const MachineSettingsSchema = v.strictObject({
  ...MachineWishSchema.entries,
  /** Machine-hours a UTC day; absent: the server's own for each project. */
  budget_hours: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(100_000))),
  /** Machines that stay awake without work; absent: none. */
  min_awake: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(100))),
});
export type MachineSettings = v.InferOutput<typeof MachineSettingsSchema>;

const nullable = <S extends v.GenericSchema>(schema: S) => v.optional(v.nullable(schema));

/** Body of a PATCH of machine settings: absent fields stay unchanged, null removes one. */
export const ChangeMachineSettingsSchema = v.strictObject({
  types: nullable(MachineSettingsSchema.entries.types.wrapped),
  image: nullable(image),
  market: nullable(MarketSchema),
  budget_hours: nullable(MachineSettingsSchema.entries.budget_hours.wrapped),
  min_awake: nullable(MachineSettingsSchema.entries.min_awake.wrapped),
});
export type ChangeMachineSettings = v.InferOutput<typeof ChangeMachineSettingsSchema>;

/** Body of `POST /v1/machines`. */
export const NewMachineSchema = v.strictObject({
  /** Absent: for blocks, in the shared pool. */
  project: v.optional(SlugSchema),
  type: v.optional(type),
  image: v.optional(image),
  market: v.optional(MarketSchema),
});
export type NewMachine = v.InferOutput<typeof NewMachineSchema>;

/** Body of `POST /v1/machines/{id}/assign`. */
export const AssignMachineSchema = v.strictObject({ project: SlugSchema });

/** Body of `POST /v1/machines/{id}/end`. */
export const EndMachineSchema = v.strictObject({
  /** True: runs under way are tried again elsewhere; absent: they finish first. */
  now: v.optional(v.boolean()),
});

/** Why a machine was woken. */
const WakeCauseSchema = v.object({
  /** `min_awake`: its pool keeps machines awake. `spare`: a reserve beside a busy one. `takeover`: its costs go on for another project. */
  kind: v.picklist(["run", "hint", "min_awake", "spare", "person", "takeover"]),
  /** The run that waited longest. */
  run: v.optional(v.string()),
  by: v.optional(ActorSchema),
});
export type WakeCause = v.InferOutput<typeof WakeCauseSchema>;

/** Why a machine stopped or ended. */
const MachineEndSchema = v.object({
  /** `idle`, `asked_to_stop`, `budget_spent`, `taken_back`, `machine_gone`, … */
  reason: v.string(),
  /** The same as a sentence. */
  says: v.string(),
  by: v.optional(ActorSchema),
});
export type MachineEndView = v.InferOutput<typeof MachineEndSchema>;

const MACHINE_STATES = ["launching", "ready", "leaving", "stopped", "gone"] as const;
const moment = v.nullable(v.string());

/** A machine. Null: not known, or not yet. */
const MachineViewSchema = v.object({
  id: v.string(),
  state: v.picklist(MACHINE_STATES),
  /** How far the boot is, while it launches. */
  phase: v.string(),
  step: v.nullable(v.object({ number: v.number(), of: v.number(), name: v.string() })),
  pool: v.string(),
  /** The project that pays; null for machines that are kept awake for blocks. */
  project: v.nullable(v.string()),
  compute: v.string(),
  /** The provider's id. */
  provider_id: v.nullable(v.string()),
  type: v.nullable(v.string()),
  zone: v.nullable(v.string()),
  market: v.nullable(MarketSchema),
  image: v.nullable(v.string()),
  slots: v.number(),
  /** Ids of the runs that it holds. */
  runs: v.array(v.string()),
  runtimes: v.array(v.object({ name: v.string(), version: v.string() })),
  host: v.nullable(
    v.object({ arch: v.string(), os: v.string(), cpus: v.number(), memory_mb: v.number() }),
  ),
  sandbox: v.nullable(v.object({ name: v.string(), features: v.array(v.string()) })),
  /** Release of its responder; null: it did not say. */
  release: v.optional(v.nullable(v.string())),
  /** Whether it is awake and that is older than the server's. */
  is_older: v.optional(v.boolean()),
  /** When the current or last wake was requested. */
  since: v.string(),
  ready_at: moment,
  idle_since: moment,
  last_seen_at: v.string(),
  /** When it stopped or ended. */
  ended_at: moment,
  came: v.nullable(WakeCauseSchema),
  went: v.nullable(MachineEndSchema),
  /** Machine-hours of all its wakes, as budgets count them. */
  hours: v.number(),
  /** Those by the price that the operator entered; null: there is none for its type and market. */
  cost: v.nullable(v.number()),
});
export type MachineView = v.InferOutput<typeof MachineViewSchema>;

/** A launch or a start of a machine. */
const WakeViewSchema = v.object({
  machine: v.string(),
  pool: v.string(),
  kind: v.picklist(["start", "launch", "launch_set_up"]),
  at: v.string(),
  /** Seconds until it was ready; null: it never was. */
  ready_s: v.nullable(v.number()),
  ended_at: moment,
  came: v.nullable(WakeCauseSchema),
  went: v.nullable(MachineEndSchema),
});
export type WakeView = v.InferOutput<typeof WakeViewSchema>;

/** Machine-hours of a UTC day. */
const MachineBudgetSchema = v.object({
  used_hours: v.number(),
  /** Null: machines cost nothing here, so that there is no budget. */
  limit_hours: v.nullable(v.number()),
  renews_at: v.string(),
});
export type MachineBudget = v.InferOutput<typeof MachineBudgetSchema>;

/** Answer to `GET /v1/machines`. */
export const MachineListSchema = v.object({
  machines: v.array(MachineViewSchema),
  /** Newest first. */
  wakes: v.array(WakeViewSchema),
  /** Of the last wakes that came up; absent before the first. */
  usual: v.optional(UsualWakeSchema),
  budget: MachineBudgetSchema,
  settings: MachineSettingsSchema,
});
export type MachineList = v.InferOutput<typeof MachineListSchema>;

/** Answer to `GET /v1/machines/{id}`. */
export const MachineAnswerSchema = v.object({
  machine: MachineViewSchema,
  wakes: v.array(WakeViewSchema),
});

/** Answer to a change of machine settings. */
export const MachineSettingsAnswerSchema = v.object({ settings: MachineSettingsSchema });
