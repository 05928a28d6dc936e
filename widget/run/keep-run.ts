import type { LastRun } from "../element/last-run.ts";

/** Stores `run` under `name`; undefined deletes it. Where storage is denied, a reopened page does not resume its run. */
export function keepRun(name: string, run?: LastRun): void {
  try {
    if (run) localStorage[name] = JSON.stringify(run);
    else localStorage.removeItem(name);
  } catch {
    // Storage is denied, or full.
  }
}
