import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Commit, CommandWork } from "../../protocol/command.ts";
import type { Log } from "../process/log.ts";
import type { ProjectFile } from "../project-file/project-file.ts";
import { changedFiles } from "./changed-files.ts";
import { depthFor, readProjectFile } from "./project-file.ts";
import { tidy } from "./mirror.ts";
import { removeOldMirrors } from "./mirrors-size.ts";
import { openMirrors } from "./passing-folder.ts";
import { describeCommits, resolveRevision } from "./revisions.ts";
import { openSource } from "./source.ts";
import { makeSubmodules, readSubmodules } from "./submodules.ts";
import { makeTree, newTree, removeTree, spreadTrees } from "./tree.ts";

export interface CheckoutOptions {
  readonly work: CommandWork;
  /**
   * An empty folder on disk, the responder's own. Work trees are renamed into it once they are complete, so a sandbox
   * may mount it before.
   */
  readonly folder: string;
  /** An empty folder on the same disk in which trees are made. Never shown to commands. */
  readonly making: string;
  /** Folder of this machine's mirrors. Never shown to commands. */
  readonly mirrors: string;
  /** The work trees' owner; undefined: the responder's own user. */
  readonly owner: number | undefined;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Milliseconds since 1970, for `history` revisions. */
  readonly now?: () => number;
}

interface WorkTree {
  /** A new folder directly below `CheckoutOptions.folder`, which commands at another commit can't have changed. */
  readonly folder: string;
  /** Its `.deferred-server`, or that of `task.file_from`; undefined: there is none. */
  readonly file: ProjectFile | undefined;
  /** Files that the push changed, where a command of the file asks; undefined: not known. */
  readonly changed: readonly string[] | undefined;
}

/** The repository at the commits that a run is about. */
export interface Checkout {
  /** In the order in which commands run at them: one at least. */
  readonly commits: readonly Commit[];
  /** The branch or tag that was asked for or found to be the default, in full. */
  readonly ref: string | undefined;
  /** Name of the repository's default branch, where the repository tells. */
  readonly defaultBranch: string | undefined;
  /** Whether the one commit is the default branch's tip; of a push it was when the server was told. */
  readonly isDefaultTip: boolean;
  /** Where the repository is now, where its host has it at another address than the project's. */
  readonly movedTo: string | undefined;
  /**
   * A work tree at one of the commits, with a `.git` of its own. Its history is as deep as the file's
   * `history` says, or whole where a churn report needs it. Throws `CommandRefusal` where the file is wrong.
   */
  at(commit: string): Promise<WorkTree>;
  /** Removes the work trees and temporary files. */
  close(): Promise<void>;
}

/**
 * Fetches the commits of a run. Transient failures are retried. Throws `CommandRefusal` for causes that are the
 * project's.
 */
export async function openCheckout(options: CheckoutOptions): Promise<Checkout> {
  const { work, folder, making, mirrors, owner, log, signal, now = Date.now } = options;
  const { repository, revision, task } = work;
  await openMirrors(mirrors);
  const [source] = await Promise.all([
    openSource({ ...options, url: repository.url, credential: repository.credential }),
    spreadTrees(making),
  ]);
  const first = revision.of === "commits" ? revision.commits[0] : undefined;
  const likely = revision.of === "commit" ? revision.commit : first;
  const trees: string[] = [];
  const close = async () => {
    for (const tree of trees) await removeTree(tree, owner);
    await rm(making, { recursive: true, force: true });
    await source.close();
  };

  try {
    const { commits, ...found } = await source.mirror(likely, async (mirror) => {
      const resolved = await resolveRevision(mirror, work, now);
      return { ...resolved, commits: await describeCommits(mirror, resolved.commits) };
    });
    const { ref } = found;
    // With several commits none is a branch's tip for certain.
    const branch = commits.length === 1 && ref?.startsWith("refs/heads/") ? ref : undefined;
    const tagRef = commits.length === 1 && ref?.startsWith("refs/tags/") ? ref : undefined;
    return {
      ...found,
      commits,
      movedTo: source.isMoved ? source.address.url : undefined,
      async at(commit) {
        const made = await source.mirror(commit, async (mirror) => {
          const from = (task.do === "file" && task.file_from) || commit;
          await mirror.bring(from, 1, from === commit ? ref : undefined);
          const file = await readProjectFile(mirror, from);
          const depth = depthFor(task, file);
          const changed = await changedFiles(mirror, revision, commit, file);
          await mirror.bring(commit, depth, ref);
          const tree = await newTree(making);
          const submodules = repository.submodules ? await readSubmodules(mirror, commit) : [];
          const { lfs } = repository;
          const tag =
            tagRef === undefined
              ? undefined
              : { ref: tagRef, object: await mirror.bringTag(tagRef, commit, depth) };
          const rest = { branch, tag, submodules, lfs, owner, signal };
          await makeTree(tree, { mirror, commit, depth, ...rest });
          return { tree, file, changed, submodules };
        });
        await makeSubmodules(made.tree, made.submodules, options);
        const tree = join(folder, String(trees.length + 1));
        await rename(made.tree, tree);
        trees.push(tree);
        return { folder: tree, file: made.file, changed: made.changed };
      },
      async close() {
        await close();
        // An aborted run leaves tidying to the next.
        if (signal.aborted) return;
        try {
          await source.mirror(likely, tidy);
          await removeOldMirrors(mirrors);
        } catch (error) {
          log.warn("mirrors were not tidied", { error: String(error) });
        }
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}
