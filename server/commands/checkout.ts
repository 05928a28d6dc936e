import type { CheckoutRequest, Commit, Revision } from "../../protocol/command.ts";
import { canonicalJson } from "../../blocks/canonical-json.ts";
import type { Trx } from "../database/database.ts";
import { toJson } from "../database/json.ts";
import { sha256 } from "../database/ids.ts";
import { announceOnce } from "../runs/announced.ts";
import { storedCommand, type RunRow } from "../runs/record.ts";
import { keepCommits, keepRunCommits } from "./commits.ts";
import { keepSchedules } from "./schedules.ts";
import { titleOf } from "./submit.ts";

/**
 * Stores the commits that a run's checkout found, once an attempt. Idempotent: a repeat changes nothing,
 * and a different answer throws `upload_refused`. A machine may lie, so its answer counts only for the
 * commits and the ref of its run, and stored commits change only where the project's own machine reports a
 * commit that the server named.
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
  // A commit that the server named was stored when the run was made.
  if (revision.of !== "commit") {
    await keepRunCommits(
      trx,
      row,
      commits.map(({ sha }) => sha),
    );
  }
  if (stranger) return;
  // A run of the file takes its title from the commit, which its caller did not know. A typed command has a
  // title of its own, and a schedule its name.
  const namesCommit = task.do === "file" && row.trigger !== "schedule";
  const subject = namesCommit && titleOf(commits.at(-1)?.message ?? "");
  const known = {
    ...(ref !== null && { ref }),
    ...(subject && { title: subject }),
    ...(found.secrets && { secrets: toJson(found.secrets) }),
  };
  // Nothing new is known of commits that the caller named.
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
  // A replayed delivery may name a commit that the branch left long ago.
  if (revision.of === "commit" && !(await isNewestPush(trx, project, ref, revision.commit))) return;
  await keepSchedules(trx, project, found.schedule, now);
}

/** Whether `commit` is the latest known push to `ref`. */
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

/** The reported commits that belong to the run's revision. */
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

/**
 * The full ref that a machine found for a short name or for the default branch; null for other revisions.
 */
function refOf(revision: Revision, { ref, default_branch }: CheckoutRequest): string | null {
  if (revision.of === "commits" || ref === undefined) return null;
  const asked = revision.ref ?? (revision.of === "commit" ? undefined : default_branch);
  return ref === `refs/heads/${asked}` || ref === `refs/tags/${asked}` ? ref : null;
}
