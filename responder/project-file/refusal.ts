import type { COMMAND_REFUSALS } from "../../protocol/command.ts";

export type RefusalReason = (typeof COMMAND_REFUSALS)[number];

/**
 * A command run can't begin or go on for a cause of the project's own. The message says what it is and what
 * to do about it, to whoever reads the run: no credential is ever in it.
 */
export class CommandRefusal extends Error {
  override readonly name = "CommandRefusal";
  readonly reason: RefusalReason;

  constructor(reason: RefusalReason, detail: string, options?: ErrorOptions) {
    super(detail, options);
    this.reason = reason;
  }

  get detail(): string {
    return this.message;
  }
}
