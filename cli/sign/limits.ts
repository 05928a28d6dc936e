import { LimitsSchema, type Limits } from "../../protocol/limits.ts";
import { nearest } from "../../protocol/nearest.ts";
import * as v from "valibot";
import { UsageError } from "../errors/cli-error.ts";

const NAMES = Object.keys(LimitsSchema.entries) as (keyof Limits)[];

/** In words, what `LimitsSchema` takes. */
const KINDS: Readonly<Record<keyof Limits, string>> = {
  wall_s: "seconds, 0.1 or more",
  cpu_s: "seconds, 0.1 or more",
  memory_mb: "a whole number, 8 or more",
  processes: "a whole number, 1 or more",
  output_kb: "a whole number, 1 or more",
  artifacts_mb: "a whole number, 0 or more",
  network: "true, or names of hosts such as api.example.org,*.example.com",
};

/** The values of `--limit name=value`. Throws `UsageError`. */
export function readLimits(given: readonly string[]): Limits {
  const raw: Partial<Record<keyof Limits, unknown>> = {};
  for (const text of given) {
    const [, written = "", value] = /^([a-z_]+)=(\S+)$/.exec(text) ?? [];
    if (value === undefined) throw new UsageError(`--limit ${text} is not of the form name=value`);
    const name = NAMES.find((known) => known === written);
    if (name === undefined) {
      const meant = nearest(written, NAMES);
      const instead = meant ? `write ${meant}` : `there are ${NAMES.join(", ")}`;
      throw new UsageError(`there is no limit "${written}"; ${instead}`);
    }
    if (name in raw) throw new UsageError(`--limit ${name} is there twice`);
    raw[name] = name === "network" ? parseNetwork(value) : Number(value);
    if (!v.is(LimitsSchema, { [name]: raw[name] })) {
      throw new UsageError(`--limit ${name} takes ${KINDS[name]}, not "${value}"`);
    }
  }
  return v.parse(LimitsSchema, raw);
}

/** `true`, `false`, or hosts with commas between them. */
function parseNetwork(value: string): boolean | string[] {
  const known: Record<string, boolean> = { true: true, false: false };
  return known[value] ?? value.toLowerCase().split(",");
}
