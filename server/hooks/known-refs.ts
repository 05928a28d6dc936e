import type { Trx } from "../database/database.ts";
import { isNoCommit, type MovedRef } from "./decision.ts";

/** Puts on record where a push left a branch or tag. */
export async function moveRef(
  trx: Trx,
  project: string,
  { ref, before, after }: MovedRef,
  now: number,
): Promise<void> {
  if (isNoCommit(after)) return forgetRef(trx, project, ref);
  const known = await trx
    .selectFrom("known_refs")
    .select(["sha", "before"])
    .where("project", "=", project)
    .where("ref", "=", ref)
    .executeTakeFirst();
  // One delivery overtook another: this push came before the one that is known.
  if (known && before !== undefined && known.before === after && before !== known.sha) return;
  const row = { project, ref, sha: after, before: before ?? null, moved_at: now };
  await trx
    .insertInto("known_refs")
    .values(row)
    .onConflict((conflict) => conflict.columns(["project", "ref"]).doUpdateSet(row))
    .execute();
}

async function forgetRef(trx: Trx, project: string, ref: string): Promise<void> {
  await trx
    .deleteFrom("known_refs")
    .where("project", "=", project)
    .where("ref", "=", ref)
    .execute();
}

/** Whether a branch or tag is known to be where a push left it. */
export async function isAt(trx: Trx, project: string, { ref, after }: MovedRef): Promise<boolean> {
  const known = await trx
    .selectFrom("known_refs")
    .select("sha")
    .where("project", "=", project)
    .where("ref", "=", ref)
    .executeTakeFirst();
  return known?.sha === after;
}
