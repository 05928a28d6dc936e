import type { CommandOrder } from "../commands/submit.ts";
import type { Trx } from "../database/database.ts";
import { refInWords, type Decision } from "./decision.ts";

/** The command order, or the reason why there is none. */
export type Order =
  | { run: CommandOrder; ignored?: undefined }
  | { run?: undefined; ignored: string };

/** The decision as a command order; ignored where the file's commit can't be known. */
export async function orderFromPush(
  trx: Trx,
  project: string,
  decision: Decision,
  replayOf: string | null,
): Promise<Order> {
  if (!decision.run) return { ignored: decision.ignored };
  const { fileFromTipOf, author: _, ...order } = decision.run;
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

/** The last commit pushed to the branch, according to deliveries. */
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

/** The place of a run, in words. */
export function whereOf({ revision, ref }: CommandOrder): string {
  const commit = revision.of === "commit" ? `${revision.commit.slice(0, 12)}, ` : "";
  return commit + (ref === null ? "the default branch" : refInWords(ref));
}
