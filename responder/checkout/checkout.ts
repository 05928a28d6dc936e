import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Commit, CommandWork } from "../../protocol/command.ts";
import type { Log } from "../log.ts";
import { openAccess } from "./access.ts";
import { depthFor, readFileText } from "./file-text.ts";
import { inMirror, tidy, type Mirror } from "./mirror.ts";
import { openRemote } from "./remote.ts";
import { describeCommits, resolveRevision } from "./revisions.ts";
import { appear, makeTree, prepareTrees, removeTree } from "./tree.ts";

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

/**
 * Fetches what the run is about. Throws `CommandRefusal` for what is the project's doing, after tries of its
 * own where the network was in the way.
 */
export async function openCheckout(options: CheckoutOptions): Promise<Checkout> {
  const { work, folder, mirrors, owner, log, signal, now = Date.now } = options;
  const { repository, project, stranger, revision, task } = work;
  const hidden = await prepareTrees(folder);
  await mkdir(mirrors, { recursive: true, mode: 0o700 });
  const secrets = await mkdtemp(join(mirrors, "secret-"));
  const access = await openAccess({
    url: repository.url,
    credential: repository.credential,
    allowPrivate: repository.allow_private,
    secrets,
  }).catch(async (error: unknown) => {
    await rm(secrets, { recursive: true });
    throw error;
  });
  const remote = openRemote(access, signal);
  const named =
    revision.of === "commit"
      ? revision.commit
      : revision.of === "commits"
        ? revision.commits[0]
        : undefined;
  const format = named?.length === 64 ? "sha256" : "sha1";
  const isStranger = stranger ? "stranger" : "own";
  const source = [project, isStranger, access.address.url];
  const mirror = <Value>(use: (mirror: Mirror) => Promise<Value>) =>
    inMirror({ mirrors, owner: source, format, remote, log, signal }, use);
  const trees: string[] = [];
  const close = async () => {
    for (const tree of trees) await removeTree(tree, owner);
    await rm(hidden, { recursive: true, force: true });
    await rm(secrets, { recursive: true, force: true });
  };

  try {
    const { commits, ref, defaultBranch } = await mirror(async (here) => {
      const resolved = await resolveRevision(here, revision, now);
      return { ...resolved, commits: await describeCommits(here, resolved.commits) };
    });
    const isBranch = commits.length === 1 && ref?.startsWith("refs/heads/");
    return {
      commits,
      ref,
      defaultBranch,
      async at(commit) {
        const tree = join(folder, String(trees.length + 1));
        return mirror(async (here) => {
          const from = (task.do === "file" && task.file_from) || commit;
          if (from !== commit) await here.bring(from, 1);
          const file = await readFileText(here, from);
          const depth = depthFor(task, file);
          await here.bring(commit, depth, ref);
          await appear(hidden, tree, (made) =>
            makeTree(made, {
              mirror: here,
              commit,
              depth,
              branch: isBranch ? ref : undefined,
              owner,
              signal,
            }),
          );
          trees.push(tree);
          return { folder: tree, file };
        });
      },
      async close() {
        await close();
        await mirror(tidy).catch((error: unknown) => {
          log.warn("a mirror was not tidied", { error: String(error) });
        });
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}
