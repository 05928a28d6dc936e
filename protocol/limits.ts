import * as v from "valibot";
import { DEFAULT_LIMITS, LIMIT_CEILINGS } from "./limit-values.ts";
import { NetworkSchema } from "./network.ts";

export { DEFAULT_LIMITS, LIMIT_CEILINGS };

const whole = (least: number) => v.pipe(v.number(), v.integer(), v.minValue(least));

/**
 * Limits of one attempt. Every field is optional in a block; the server fills in its defaults and lowers
 * values above its maxima.
 */
export const LimitsSchema = v.strictObject({
  /**
   * Seconds from the program's start until it is stopped: the program gets TERM and a quarter of a second
   * to end, then everything it started gets KILL. The same holds for `cpu_s`; over `memory_mb` there is
   * only KILL.
   */
  wall_s: v.optional(v.pipe(v.number(), v.minValue(0.1))),
  /** Seconds of processor time of all its processes together. */
  cpu_s: v.optional(v.pipe(v.number(), v.minValue(0.1))),
  /** Mebibytes of memory of all its processes and its in-memory files together. */
  memory_mb: v.optional(whole(8)),
  /** Processes and threads alive at one time. */
  processes: v.optional(whole(1)),
  /** KiB kept of stdout and of stderr, each; longer output is cut in the middle. */
  output_kb: v.optional(whole(1)),
  /** Mebibytes of all artifacts together. */
  artifacts_mb: v.optional(whole(0)),
  /** Hosts that the program may reach; the project has to allow them as well. */
  network: v.optional(NetworkSchema),
});

/** Limits as an author states them, all optional. */
export type Limits = v.InferOutput<typeof LimitsSchema>;

const NAMES = Object.keys(LimitsSchema.entries) as (keyof Limits)[];

/** A sentence for each of an author's limits that a server lowers. */
export function limitNotes(limits: Limits): string[] {
  return NAMES.flatMap((name) => {
    if (name === "network") return [];
    const asked = limits[name];
    const most = LIMIT_CEILINGS[name];
    if (asked === undefined || asked <= most) return [];
    return [`${name}=${asked} is above the server's ceiling: it gets ${name}=${most}`];
  });
}

/** Limits as a responder enforces them: all are present. */
export const EffectiveLimitsSchema = v.required(LimitsSchema);
export type EffectiveLimits = v.InferOutput<typeof EffectiveLimitsSchema>;

/**
 * An author's limits with defaults filled in and no value above the maxima. The network's maximum is what
 * the project gives to this block.
 */
export function effectiveLimits(
  asked: Limits = {},
  ceilings: EffectiveLimits = LIMIT_CEILINGS,
): EffectiveLimits {
  const lower = (name: Exclude<keyof Limits, "network">) =>
    Math.min(asked[name] ?? DEFAULT_LIMITS[name], ceilings[name]);
  return {
    wall_s: lower("wall_s"),
    cpu_s: lower("cpu_s"),
    memory_mb: lower("memory_mb"),
    processes: lower("processes"),
    output_kb: lower("output_kb"),
    artifacts_mb: lower("artifacts_mb"),
    network: asked.network ? ceilings.network : false,
  };
}

/**
 * Limits of a project's own commands. They guard against mistakes rather than attackers: the owner wrote the
 * commands, and they run on the project's own machines. A machine with less than twice `memory_mb` allows half of
 * its memory.
 */
const COMMAND_LIMITS: EffectiveLimits = {
  // An hour: a longer suite is better split into several runs.
  wall_s: 3600,
  // Four cores, busy all the time.
  cpu_s: 4 * 3600,
  memory_mb: 4096,
  // A database, its clients and a parallel build together.
  processes: 1024,
  // People read the log of a build; longer output belongs into an artifact.
  output_kb: 4096,
  artifacts_mb: 256,
  // As far as the project's settings and the file allow it.
  network: true,
};

/** The limits of a command run that asks for `wallS` seconds; absent: the maximum. */
export function commandLimits(wallS = COMMAND_LIMITS.wall_s): EffectiveLimits {
  return { ...COMMAND_LIMITS, wall_s: Math.min(wallS, COMMAND_LIMITS.wall_s) };
}
