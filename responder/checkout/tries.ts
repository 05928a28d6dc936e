import { setTimeout as sleep } from "node:timers/promises";
import { CommandRefusal } from "../project-file/refusal.ts";

/** Pauses before the second try and the third. */
const PAUSES_MS = [500, 2_500];

/** What may be over by the next try. Its message has no full stop. */
export class Passing extends Error {
  override readonly name = "Passing";
}

/** Does `work` up to three times while it throws `Passing`; then throws a `CommandRefusal`. */
export async function triedAgain<Value>(
  signal: AbortSignal,
  work: () => Promise<Value>,
): Promise<Value> {
  for (let failures = 0; ; failures++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Passing)) throw error;
      const pause = PAUSES_MS[failures];
      if (pause === undefined) {
        const sentence = `${error.message}, three times: run it again once it is reached.`;
        throw new CommandRefusal("checkout_failed", sentence, { cause: error });
      }
      await sleep(pause, undefined, { signal });
    }
  }
}
