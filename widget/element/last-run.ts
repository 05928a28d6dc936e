import type { RunRequest } from "../../protocol/requests.ts";
import type { RunCreated } from "../../protocol/run.ts";

/** A request of this browser whose run has not ended on its page. */
export interface Asked {
  request: RunRequest;
  /** The idempotency key of the request. */
  key: string;
  /** When Run was pressed, in ms. */
  at: number;
  /** The code is the reader's own. */
  edited: boolean;
}

/** Until the server answers, only the time when it was last `sent` is known. */
export type LastRun = Asked &
  ((RunCreated & { sent?: undefined }) | { id?: undefined; sent: number });

/**
 * A page without an answer repeats its request within this time. An older request is dropped: its page was
 * closed, and a reader who opens it again does not expect that code starts without a press.
 */
const SENT_MS = 60_000;
/** The server's default retention of runs. */
const RUN_MS = 30 * 24 * 3_600_000;

/** Returns the run stored under `name`; undefined where there is none, or where the browser denies the page storage. */
export function lastRun(name: string): LastRun | undefined {
  try {
    const kept = JSON.parse(localStorage[name] as string) as LastRun;
    const ageMs = Math.abs(Date.now() - (kept.sent ?? kept.at));
    if (ageMs < (kept.id ? RUN_MS : SENT_MS)) return kept;
    localStorage.removeItem(name);
  } catch {
    // Nothing is stored, or storage is denied.
  }
  return undefined;
}
