import { CliError } from "../errors/cli-error.ts";
import { EXIT } from "../errors/exit-codes.ts";

/** Why a block can't be signed, and where it stands. */
export interface SiteProblem {
  file: string;
  line: number;
  message: string;
  /** What to do next. */
  hint?: string | undefined;
}

/** Thrown by what signs one block alone. */
export class SiteError extends CliError {
  readonly problem: SiteProblem;

  constructor(problem: SiteProblem, cause?: unknown) {
    super(`${problem.file}:${problem.line}: ${problem.message}`, {
      ...(problem.hint !== undefined && { hint: problem.hint }),
      exitCode: EXIT.refused,
      cause,
    });
    this.problem = problem;
  }
}
