import { DeferredError } from "../../protocol/deferred-error.ts";
import { EXIT } from "./exit-codes.ts";

/** An error for a person: what happened, what to do next, and the exit code. */
export class CliError extends DeferredError {
  override readonly name = "CliError";
  readonly hint: string | undefined;
  readonly exitCode: number;

  constructor(
    message: string,
    options: { hint?: string; exitCode?: number; cause?: unknown } = {},
  ) {
    super("command_line_failed", message, { cause: options.cause });
    this.hint = options.hint;
    this.exitCode = options.exitCode ?? EXIT.failed;
  }
}

/** A mistake in the command line that only the command itself can see. `main` adds where its help is. */
export class UsageError extends CliError {
  constructor(message: string) {
    super(message, { exitCode: EXIT.usage });
  }
}
