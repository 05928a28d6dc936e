import { randomUUID } from "node:crypto";
import { rename } from "node:fs/promises";
import { join } from "node:path";
import type { Commit, CommandWork, Revision } from "../../protocol/command.ts";
import { MAX_SECRETS } from "../../protocol/sizes.ts";
import type { Checkout } from "../checkout/checkout.ts";
import { CommandRefusal } from "../project-file/refusal.ts";
import { removeTree } from "../checkout/tree.ts";
import type { ProjectFile } from "../project-file/project-file.ts";
import { untilAnswered } from "../client/retry.ts";
import type { ProgramStatus } from "../sandbox/supervisor/supervisor.ts";
import { passName, type CommitTree, type MatrixPass } from "./commit-tree.ts";
import type { Job } from "./job.ts";
import { openSession, type Session } from "./session.ts";
import { SUCCESS } from "./steps.ts";
import { unwantedBranch } from "./unwanted.ts";

const NOTHING_TO_DO: readonly string[] = ["schedule_gone", "commit_skips"];

/** Does all that a command run is about; answers the status of the first command that failed. */
export async function perform(job: Job): Promise<ProgramStatus> {
  const { revision } = job.work;
  return revision.of === "commit" || revision.of === "ref"
    ? performAtOne(job, revision)
    : performAtEach(job, revision);
}

async function performAtOne(job: Job, revision: Revision): Promise<ProgramStatus> {
  const { steps } = job;
  const opened = await steps.step(
    "checkout",
    `Check out ${describeRevision(revision)}`,
    async () => {
      const checkout = await job.checkout;
      const [commit] = checkout.commits;
      if (commit === undefined) throw new Error("a checkout has a commit at least");
      const alone = { several: false, last: true };
      return { ...SUCCESS, checkout, commit, tree: await treeAt(job, checkout, commit, alone) };
    },
  );
  sayIfMoved(job, opened.checkout);
  const reported = report(job, opened.checkout, opened.tree.file);
  const session = openSession(job);
  try {
    const status = await performPasses(job, session, opened.checkout, opened.commit, opened.tree);
    await reported;
    return status;
  } catch (error) {
    // The server must know the file's schedules before the attempt ends.
    if (error instanceof CommandRefusal && NOTHING_TO_DO.includes(error.code)) await reported;
    throw error;
  } finally {
    await session.close();
  }
}

/** Runs at every commit, even where one fails. */
async function performAtEach(job: Job, revision: Revision): Promise<ProgramStatus> {
  const { steps } = job;
  const { checkout } = await steps.step(
    "checkout",
    `Fetch ${describeRevision(revision)}`,
    async () => ({
      ...SUCCESS,
      checkout: await job.checkout,
    }),
  );
  sayIfMoved(job, checkout);
  const reported = report(job, checkout, undefined);
  const session = openSession(job);
  let failed: (() => ProgramStatus) | undefined;
  try {
    for (const commit of checkout.commits) {
      const { sha } = commit;
      const among = { several: true, last: commit === checkout.commits.at(-1) };
      try {
        const { tree } = await steps.step(
          "checkout",
          `Check out ${short(sha)}`,
          async () => ({ ...SUCCESS, tree: await treeAt(job, checkout, commit, among) }),
          { commit: sha },
        );
        const status = await performPasses(job, session, checkout, commit, tree);
        if (status.exitCode !== 0) failed ??= () => status;
      } catch (error) {
        if (!(error instanceof CommandRefusal)) throw error;
        steps.say(`${short(sha)}: ${error.message}`);
        failed ??= () => {
          throw error;
        };
      }
    }
    await reported;
    return failed?.() ?? SUCCESS;
  } finally {
    await session.close();
  }
}

/**
 * Runs at a commit: once, or once for each pass of its file's matrix, each in a work tree of its own. A pass that fails
 * keeps no other from its turn; the first failure counts.
 */
async function performPasses(
  job: Job,
  session: Session,
  checkout: Checkout,
  commit: Commit,
  first: CommitTree,
): Promise<ProgramStatus> {
  const passes = job.work.task.do === "file" ? (first.file?.matrix ?? []) : [];
  if (passes.length === 0 || unwantedBranch(job.work, first) !== undefined)
    return session.performAt(first);
  let result = SUCCESS;
  let isFirst = true;
  for (const [index, env] of passes.entries()) {
    const pass = { number: index + 1, env };
    const among = { ...first, pass, last: first.last && index === passes.length - 1 };
    if (await isTakenOver(job, pass)) continue;
    const { tree } = isFirst
      ? { tree: among }
      : await job.steps.step(
          "checkout",
          `Check out ${short(commit.sha)} for ${passName(pass)}`,
          async () => ({ ...SUCCESS, tree: await treeAt(job, checkout, commit, among) }),
          { commit: first.several ? commit.sha : undefined, pass: pass.number },
        );
    isFirst = false;
    const status = await session.performAt(tree);
    if (result.exitCode === 0) result = status;
  }
  return result;
}

/** Whether a pass went well in an earlier run, which a step says. */
async function isTakenOver({ work, steps }: Job, pass: MatrixPass): Promise<boolean> {
  const taken = work.taken_over?.find((one) => one.pass === pass.number);
  if (taken === undefined) return false;
  const options = { pass: pass.number, outcome: () => "skipped" as const };
  const say = async () => steps.print(`Taken over from run ${taken.run}, where it went well.`);
  await steps.step("command", passName(pass), say, options);
  return true;
}

function sayIfMoved({ steps }: Job, { movedTo }: Checkout): void {
  if (movedTo === undefined) return;
  steps.say(
    `The repository has moved to ${movedTo}: give the project this address (deferred projects set --repo ${movedTo}).`,
  );
}

/** The work tree of a commit, by the name of the project: so paths in caches mean the same in every run. */
async function treeAt(
  job: Job,
  checkout: Checkout,
  commit: Commit,
  among: Pick<CommitTree, "several" | "last"> & { readonly pass?: CommitTree["pass"] },
): Promise<CommitTree> {
  const { workspace, inside, work } = job;
  const name = work.project.split("/").at(-1) ?? "project";
  const host = join(workspace.work, name);
  const { folder, file, changed } = await checkout.at(commit.sha);
  await setAside(host, job);
  await rename(folder, host);
  return {
    commit: commit.sha,
    message: commit.message,
    ref: checkout.ref,
    several: among.several,
    pass: among.pass,
    last: among.last,
    host,
    cwd: join(inside.work, name),
    file,
    changed,
  };
}

/**
 * Removes the previous commit's work tree: ninety of them could fill the disk. Its processes may still write there, so
 * it is renamed first, and leftovers go with the workspace.
 */
async function setAside(host: string, { workspace, log, run }: Job): Promise<void> {
  // Inside the mounted folder: a folder moved out of a mount is a way out of it.
  const aside = join(workspace.work, `.before-${randomUUID()}`);
  try {
    await rename(host, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  await removeTree(aside, workspace.uid).catch((error: unknown) => {
    log.warn("a work tree was not removed at once", { run, error: String(error) });
  });
}

/** Reports the run's commits to the server while the commands run. */
async function report(
  { work, run, attempt, calls, supervisor }: Job,
  { commits, ref, defaultBranch, isDefaultTip }: Checkout,
  file: ProjectFile | undefined,
): Promise<void> {
  const schedule = file?.schedule.map(({ cron }) => ({ cron }));
  const body = {
    attempt,
    commits: [...commits],
    ...(ref === undefined ? {} : { ref }),
    ...(defaultBranch === undefined ? {} : { default_branch: defaultBranch }),
    ...(file && { secrets: file.secrets.slice(0, MAX_SECRETS) }),
    ...(isDefaultTip && readsOwnFile(work) ? { schedule: schedule ?? [] } : {}),
  };
  const { signal } = supervisor;
  const told = untilAnswered(() => calls.checkout(run, body, signal), signal);
  // Its rejection is handled where it is awaited.
  told.catch(() => {});
  return told;
}

/** Whether the file is the project's own at the commit that the run is about. */
function readsOwnFile({ stranger, revision, task }: CommandWork): boolean {
  const one = revision.of === "commit" || revision.of === "ref";
  return one && !stranger && !(task.do === "file" && task.file_from !== undefined);
}

function describeRevision(revision: Revision): string {
  switch (revision.of) {
    case "commit":
      return short(revision.commit);
    case "ref":
      return revision.ref?.replace(/^refs\/(heads|tags)\//, "") ?? "the default branch";
    case "commits":
      return revision.commits.length === 1 ? "one commit" : `${revision.commits.length} commits`;
    case "history":
      return `the last ${revision.days} days`;
    default:
      return revision satisfies never;
  }
}

function short(sha: string): string {
  return sha.slice(0, 7);
}
