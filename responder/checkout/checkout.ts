import type { Commit, CommandWork } from "../../protocol/command.ts";
import type { Log } from "../log.ts";

export interface CheckoutOptions {
  readonly work: CommandWork;
  /**
   * A fresh folder on disk, the responder's own. Work trees appear below it, each whole by the time it has its
   * name, so a sandbox may be given this folder before there is anything in it.
   */
  readonly folder: string;
  /** Where this machine keeps its mirrors. Nothing of it may be shown to commands. */
  readonly mirrors: string;
  /** Whom the work trees belong to; undefined: the responder's own user. */
  readonly owner: number | undefined;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Milliseconds since 1970, for `history` revisions. */
  readonly now?: () => number;
}

export interface WorkTree {
  /**
   * A new folder directly below `CheckoutOptions.folder`: nothing that commands did to another commit's tree
   * has any effect on it.
   */
  readonly folder: string;
  /** Text of its `.deferred-server`, or of that of `task.file_from`; undefined: there is none. */
  readonly file: string | undefined;
}

/** The repository at the commits that a run is about. */
export interface Checkout {
  /** In the order in which commands run at them: one at least. */
  readonly commits: readonly Commit[];
  /** The branch or tag that was asked for or found to be the default, in full. */
  readonly ref: string | undefined;
  /** Name of the repository's default branch, where the repository tells. */
  readonly defaultBranch: string | undefined;
  /**
   * A work tree at one of the commits, with a `.git` of its own. Its history is as deep as the file's
   * `history` says, or whole where a churn report needs it.
   */
  at(commit: string): Promise<WorkTree>;
  /** Removes the work trees and whatever else is left. */
  close(): Promise<void>;
}
