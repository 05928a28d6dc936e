import { EXIT } from "./exit-codes.ts";

/** What a person is told: what happened, what to do, and the exit code. */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly hint: string | undefined;
  readonly exitCode: number;

  constructor(
    message: string,
    options: { hint?: string; exitCode?: number; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.hint = options.hint;
    this.exitCode = options.exitCode ?? EXIT.failed;
  }
}

/**
 * The command line itself is wrong; `command` is the one whose help shows how it goes, `meant` what was probably
 * meant.
 */
export function usageError(message: string, command?: string, meant?: string): CliError {
  const help = command === undefined ? "deferred --help" : `deferred ${command} --help`;
  const hint = meant === undefined ? `see ${help}` : `did you mean ${meant}? See ${help}`;
  return new CliError(message, { hint, exitCode: EXIT.usage });
}
