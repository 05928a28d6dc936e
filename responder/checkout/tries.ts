import { DeferredError } from "../../protocol/deferred-error.ts";
import { retryWithBackoff } from "../../protocol/backoff.ts";
import { CommandRefusal } from "../project-file/refusal.ts";

const TRIES = 3;
const BACKOFF = { firstMs: 750, maxMs: 3_000 };

/** A failure that may be over by the next try. Its message has no full stop. */
export class TransientFailure extends DeferredError {
  override readonly name = "TransientFailure";

  constructor(message: string, options?: ErrorOptions) {
    super("remote_unavailable", message, options);
  }
}

/** Calls `work` up to three times while it throws `TransientFailure`; then throws a `CommandRefusal`. */
export async function retryTransient<Value>(
  signal: AbortSignal,
  work: () => Promise<Value>,
): Promise<Value> {
  try {
    return await retryWithBackoff(work, {
      ...BACKOFF,
      signal,
      delayMs: (error, backoffMs, failures) =>
        error instanceof TransientFailure && failures < TRIES ? backoffMs : undefined,
    });
  } catch (error) {
    if (!(error instanceof TransientFailure)) throw error;
    const sentence = `${error.message}, three times: run it again once it is reached.`;
    throw new CommandRefusal("checkout_failed", sentence, { cause: error });
  }
}
