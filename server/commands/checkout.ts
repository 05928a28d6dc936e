import type { CheckoutRequest, Commit, Revision } from "../../protocol/command.ts";
import { canonicalJson } from "../../blocks/canonical-json.ts";
import type { Trx } from "../database/database.ts";
import { sha256 } from "../database/ids.ts";
import { announceOnce } from "../runs/announced.ts";
import { storedCommand, type RunRow } from "../runs/record.ts";
import { keepCommits, keepRunCommits } from "./commits.ts";
import { keepSchedules } from "./schedules.ts";
import { titleOf } from "./submit.ts";

/**
 * Stores what a run's checkout found, once an attempt: a repeat changes nothing, another answer throws
 * `upload_refused`. A machine may lie, so it counts only for the commits and the ref that the run was made for, and
 * what is on record changes only where the project's own machine tells of a commit that the server named.
 */
export async function keepCheckout(
  trx: Trx,
  row: RunRow,
  found: CheckoutRequest,
  now: number,
): Promise<void> {
  await announceOnce(trx, row, { checkout: sha256(canonicalJson(found)) });
  const { project } = row;
  const { revision, task, stranger } = storedCommand(row);
  const commits = commitsOf(revision, found.commits);
  const ref = row.ref ?? refOf(revision, found);
  const named = revision.of === "commit" || revision.of === "commits";
  await keepCommits(trx, { project, commits, ref, corrects: named && !stranger }, now);
  // A commit that the server named is on record since the run was made.
  if (revision.of !== "commit") {
    await keepRunCommits(
      trx,
      row,
      commits.map(({ sha }) => sha),
    );
  }
  if (stranger) return;
  // Who asked for whatever the file says did not know the commit; who typed a command knows that better, and a
  // schedule is known by its own name.
  const namesCommit = task.do === "file" && row.trigger !== "schedule";
  const subject = namesCommit && titleOf(commits.at(-1)?.message ?? "");
  const known = { ...(ref !== null && { ref }), ...(subject && { title: subject }) };
  // Of commits that were named by the caller nothing new is known.
  if (Object.keys(known).length > 0) {
    await trx.updateTable("runs").set(known).where("id", "=", row.id).execute();
  }
  if (found.default_branch === undefined) return;
  await trx
    .updateTable("projects")
    .set({ default_branch: found.default_branch })
    .where("slug", "=", project)
    .execute();
  if (!found.schedule || ref !== `refs/heads/${found.default_branch}`) return;
  // A delivery that is replayed names a commit that the branch may have left long ago.
  if (revision.of === "commit" && !(await isNewestPush(trx, project, ref, revision.commit))) return;
  await keepSchedules(trx, project, found.schedule, now);
}

/** Whether no later push to `ref` than that of `commit` is known. */
async function isNewestPush(trx: Trx, project: string, ref: string, commit: string) {
  const known = await trx
    .selectFrom("known_refs")
    .select("sha")
    .where("project", "=", project)
    .where("ref", "=", ref)
    .executeTakeFirst();
  if (known) return known.sha === commit;
  const newest = await trx
    .selectFrom("runs")
    .select("work")
    .where("kind", "=", "command")
    .where("project", "=", project)
    .where("trigger", "=", "push")
    .where("ref", "=", ref)
    .orderBy("created_at", "desc")
    .orderBy("lane_number", "desc")
    .limit(1)
    .executeTakeFirst();
  if (!newest) return true;
  const { revision } = storedCommand(newest);
  return revision.of === "commit" && revision.commit === commit;
}

/** Of the commits that a machine tells of, those that its run was made for. */
function commitsOf(revision: Revision, commits: readonly Commit[]): readonly Commit[] {
  switch (revision.of) {
    case "commit":
      return commits.filter(({ sha }) => sha === revision.commit).slice(0, 1);
    case "ref":
      return commits.slice(0, 1);
    case "commits":
      return commits
        .filter(({ sha }) => revision.commits.some((name) => sha.startsWith(name)))
        .slice(0, revision.commits.length);
    case "history":
      return commits.slice(0, revision.days);
    default:
      return revision satisfies never;
  }
}

/** The full name that a machine found for a short one, or for the default branch; null where it is neither. */
function refOf(revision: Revision, { ref, default_branch }: CheckoutRequest): string | null {
  if (revision.of === "commits" || ref === undefined) return null;
  const asked = revision.ref ?? (revision.of === "commit" ? undefined : default_branch);
  return ref === `refs/heads/${asked}` || ref === `refs/tags/${asked}` ? ref : null;
}
