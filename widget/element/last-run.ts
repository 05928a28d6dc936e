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
