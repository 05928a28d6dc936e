import type { Inputs } from "../protocol/claims.ts";
import type { RunCreated } from "../protocol/run.ts";

/** A run that this browser asked for and has not seen the end of. */
export interface LastRun extends RunCreated {
  /** When it was asked for. */
  at: number;
  /** What the reader made of the block. */
  edited?: string | undefined;
  inputs?: Inputs | undefined;
}

/**
 * The run kept under `key`; given one, that is kept, and null is none. A page may not be allowed to keep
 * anything: then it does not go on with its run when it is opened again.
 */
export function lastRun(key: string, run?: LastRun | null): LastRun | null {
  try {
    if (run) localStorage[key] = JSON.stringify(run);
    if (run === null) localStorage.removeItem(key);
    const kept = JSON.parse(localStorage[key] as string) as LastRun | null;
    return typeof kept?.id === "string" ? kept : null;
  } catch {
    return null;
  }
}
