import type { CheckoutRequest, StoredCommand } from "../../protocol/command.ts";
import type { Trx } from "../database/database.ts";
import type { RunRow } from "../runs/record.ts";
import { keepCommits, keepRunCommits } from "./commits.ts";
import { keepSchedules } from "./schedules.ts";
import { titleOf } from "./submit.ts";

/** Puts on record what a run's checkout found. A repeat changes nothing. */
export async function keepCheckout(
  trx: Trx,
  row: RunRow,
  found: CheckoutRequest,
  now: number,
): Promise<void> {
  const { project } = row;
  const ref = found.ref ?? row.ref;
  await keepCommits(trx, { project, commits: found.commits, ref }, now);
  const shas = found.commits.map(({ sha }) => sha);
  await keepRunCommits(trx, row, shas);
  const { task, stranger } = JSON.parse(row.work) as StoredCommand;
  // Who asked for whatever the file says did not know the commit; who typed a command knows that better.
  const subject = task.do === "file" && titleOf(found.commits.at(-1)!.message);
  const known = { ...(ref !== null && { ref }), ...(subject && { title: subject }) };
  // Of commits that were named by the caller nothing new is known.
  if (Object.keys(known).length > 0) {
    await trx.updateTable("runs").set(known).where("id", "=", row.id).execute();
  }
  if (stranger || found.default_branch === undefined) return;
  await trx
    .updateTable("projects")
    .set({ default_branch: found.default_branch })
    .where("slug", "=", project)
    .execute();
  if (found.schedule && ref === `refs/heads/${found.default_branch}`) {
    await keepSchedules(trx, project, found.schedule, now);
  }
}
