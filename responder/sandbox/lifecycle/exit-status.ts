import { constants } from "node:os";
import type { RuntimeName } from "../../../protocol/runtimes.ts";

/** Signals that end programs, by number. */
const SIGNALS = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name]));

/**
 * The exit code or signal behind the status that a sandbox passes on, in which a death by signal n
 * looks like an exit with 128 + n. Interpreters hardly ever exit that way by themselves, shells do
 * all the time: their scripts' codes are left as they are unless we ended them.
 */
export function exitStatus(
  code: number | null,
  signal: string | null,
  runtime: RuntimeName,
  stopped: boolean,
): { exitCode: number | null; signal: string | null } {
  if (code === null) return { exitCode: null, signal };
  const behind = code > 128 ? SIGNALS.get(code - 128) : undefined;
  if (behind === undefined || (runtime === "bash" && !stopped))
    return { exitCode: code, signal: null };
  return { exitCode: null, signal: behind };
}
