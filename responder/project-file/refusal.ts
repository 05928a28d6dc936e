import { DeferredError } from "../../protocol/deferred-error.ts";
import type { COMMAND_REFUSALS } from "../../protocol/command.ts";

export type RefusalReason = (typeof COMMAND_REFUSALS)[number];

/**
 * A command run can't start or continue for a reason that is the project's own. The message tells readers of the
 * run the cause and the remedy, so it never holds a credential.
 */
export class CommandRefusal extends DeferredError<RefusalReason> {
  override readonly name = "CommandRefusal";
}
