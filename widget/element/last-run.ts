import type { RunRequest } from "../../protocol/requests.ts";
import type { RunCreated } from "../../protocol/run.ts";

/** What this browser asked for and has not seen the end of. */
export interface Asked {
  request: RunRequest;
  /** The idempotency key that it was asked for under. */
  key: string;
  /** When it was asked for. */
  at: number;
  /** The code is the reader's own. */
  edited: boolean;
}

/** As long as the server has not answered, there is only when it was last `sent`. */
export type LastRun = Asked &
  ((RunCreated & { sent?: undefined }) | { id?: undefined; sent: number });

/**
 * A page that waits for an answer sends its request again within this time. What is older is of a page that
 * was closed before: nobody waits for it, and what runs by itself as a page opens would surprise.
 */
const SENT_MS = 60_000;
/** A server keeps runs for so long, unless it is told otherwise. */
const RUN_MS = 30 * 24 * 3_600_000;

/**
 * What is kept under `name`; given something, that is kept, and null is nothing. A page may not be allowed to
 * keep anything: then it does not go on with its run when it is opened again.
 */
export function lastRun(name: string, run?: LastRun | null): LastRun | null {
  try {
    if (run) localStorage[name] = JSON.stringify(run);
    const kept = JSON.parse(localStorage[name] as string) as LastRun;
    const ageMs = Math.abs(Date.now() - (kept.sent ?? kept.at));
    if (run !== null && kept.request && ageMs < (kept.id ? RUN_MS : SENT_MS)) return kept;
    localStorage.removeItem(name);
  } catch {
    // Nothing is kept.
  }
  return null;
}
