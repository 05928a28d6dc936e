import * as v from "valibot";
import { COMMAND_REFUSALS } from "./command.ts";
import { countSchema, ExitCodeSchema, SecondsSchema, SignalNameSchema } from "./events.ts";
import { MAX_VALUE_BYTES } from "./value.ts";

/** How the program ended, as the responder observed it. */
export const OutcomeSchema = v.object({
  /**
   * `exited`: by itself, with an exit code or by a signal of its own. `wall_time`, `cpu_time`, `memory`:
   * stopped by a limit. `handed_back`, `taken_back`, `sandbox_failed`: not caused by the code, the attempt
   * is lost and may be retried elsewhere. `file_unavailable`: storage does not hold a file of the block as it was
   * signed, so no other machine would get it. `refused`: a command run that could not start or continue for a
   * cause of the project's own, named by `reason`.
   */
  cause: v.picklist([
    "exited",
    "wall_time",
    "cpu_time",
    "memory",
    "handed_back",
    "taken_back",
    "sandbox_failed",
    "upload_failed",
    "file_unavailable",
    "refused",
  ]),
  /** Only with `refused`. */
  reason: v.optional(v.picklist(COMMAND_REFUSALS)),
  exit_code: ExitCodeSchema,
  signal: SignalNameSchema,
  /** Seconds the program ran; absent where it did not start. */
  ran_s: v.optional(SecondsSchema),
  /** Processor time and most memory of its processes; absent where the machine does not count them. */
  cpu_s: v.optional(SecondsSchema),
  memory_peak_mb: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(2 ** 30))),
  /** The text of `value.json`, or why it is no value. */
  value: v.optional(v.pipe(v.string(), v.maxLength(MAX_VALUE_BYTES), v.maxBytes(MAX_VALUE_BYTES))),
  value_problem: v.optional(v.pipe(v.string(), v.maxLength(500))),
  /** Bytes cut of each stream, and the number of files left out. */
  truncated: v.object({
    stdout: countSchema(Number.MAX_SAFE_INTEGER),
    stderr: countSchema(Number.MAX_SAFE_INTEGER),
    artifacts: countSchema(Number.MAX_SAFE_INTEGER),
  }),
  /** For operators, where the code is not the cause; with `refused` for readers of the run. */
  detail: v.optional(v.pipe(v.string(), v.maxLength(2000))),
});
export type Outcome = v.InferOutput<typeof OutcomeSchema>;
