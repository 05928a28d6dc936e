import type { CommandOrder } from "../commands/submit.ts";
import type { Trx } from "../database/database.ts";
import { refInWords, type Decision } from "./decision.ts";

/** What commands are asked for, or why nothing is. */
export type Order =
  | { run: CommandOrder; ignored?: undefined }
  | { run?: undefined; ignored: string };

/** The decision as commands take it; ignored where the file's commit can't be known. */
export async function orderFromPush(
  trx: Trx,
  project: string,
  decision: Decision,
  replayOf: string | null,
): Promise<Order> {
  if (!decision.run) return { ignored: decision.ignored };
  const { fileFromTipOf, ...order } = decision.run;
  const trigger = replayOf === null ? order.trigger : "replay";
  if (fileFromTipOf === undefined) return { run: { ...order, project, trigger } };
  const tip = await tipOf(trx, project, fileFromTipOf);
  if (tip === undefined) {
    const branch = refInWords(fileFromTipOf);
    return {
      ignored: `A fork's work is done by the file of the ${branch}, which has not been pushed since the webhook is there.`,
    };
  }
  return { run: { ...order, project, trigger, task: { do: "file", file_from: tip } } };
}

/** The commit that was pushed to the branch last, as far as deliveries told of it. */
async function tipOf(trx: Trx, project: string, ref: string): Promise<string | undefined> {
  const row = await trx
    .selectFrom("runs")
    .innerJoin("run_commits", "run_commits.run", "runs.id")
    .select("run_commits.sha")
    .where("runs.kind", "=", "command")
    .where("runs.project", "=", project)
    .where("runs.trigger", "=", "push")
    .where("runs.ref", "=", ref)
    .orderBy("runs.created_at", "desc")
    .executeTakeFirst();
  return row?.sha;
}

/** Where a run is made, in words. */
export function whereOf({ revision, ref }: CommandOrder): string {
  const commit = revision.of === "commit" ? `${revision.commit.slice(0, 12)}, ` : "";
  return commit + (ref === null ? "the default branch" : refInWords(ref));
}
