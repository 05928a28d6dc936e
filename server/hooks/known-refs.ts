import type { Trx } from "../database/database.ts";
import { isNoCommit, type MovedRef } from "./decision.ts";

/** Stores the position of a branch or tag after a push. */
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
  // Deliveries arrived out of order: this push precedes the known one.
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

/** Whether the stored position of a branch or tag is that of the push. */
export async function isAt(trx: Trx, project: string, { ref, after }: MovedRef): Promise<boolean> {
  const known = await trx
    .selectFrom("known_refs")
    .select("sha")
    .where("project", "=", project)
    .where("ref", "=", ref)
    .executeTakeFirst();
  return known?.sha === after;
}
