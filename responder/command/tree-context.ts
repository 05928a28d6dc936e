import type { ProgramStatus } from "../sandbox/supervisor/supervisor.ts";
import type { CommitTree } from "./commit-tree.ts";
import type { Job } from "./job.ts";

interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly ignoresFailure?: boolean;
}

/** Runs programs of the project in a commit's work tree. */
export interface TreeContext {
  readonly job: Job;
  readonly tree: CommitTree;
  readonly env: Readonly<Record<string, string>>;
  /** A step that is one program. */
  command(
    name: string,
    argv: readonly [string, ...string[]],
    options?: CommandOptions,
  ): Promise<ProgramStatus>;
  /** A step that is one program, which runs beside others. */
  beside(
    name: string,
    argv: readonly [string, ...string[]],
    options?: CommandOptions,
  ): Promise<ProgramStatus>;
  /** A step that does not run, and why. */
  skip(name: string, reason: string): Promise<void>;
}
