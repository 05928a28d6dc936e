import type { ProjectFile } from "../project-file/project-file.ts";

/** A commit's work tree. */
export interface CommitTree {
  readonly commit: string;
  readonly message: string;
  readonly ref: string | undefined;
  /** Whether the run is about others as well. */
  readonly several: boolean;
  /** Whether it is the last of them, or the only one. */
  readonly last: boolean;
  /** Its folder out here, and as commands see it. */
  readonly host: string;
  readonly cwd: string;
  readonly file: ProjectFile | undefined;
}
