import type { Selectable } from "kysely";
import type { Trx } from "../database/database.ts";
import type { DeliveriesTable } from "../database/tables/projects.ts";
import { sha256 } from "../database/ids.ts";
import type { Decision, MovedRef } from "./decision.ts";
import { isAt } from "./known-refs.ts";

type Row = Selectable<DeliveriesTable>;
type Told = Pick<Row, "project" | "provider" | "delivery_id" | "body_digest">;

/** For this long, the same body counts as the same delivery, whatever its id. */
const SAME_BODY_MS = 60 * 60 * 1000;

/** For this long, a late delivery is matched with a push that was found without it. */
const FOUND_MS = 24 * 60 * 60 * 1000;
/** Stored as the body digest of a found push, so that its late delivery is recognized. */
export function foundDigest(moved: MovedRef | undefined): string | undefined {
  return moved && sha256(JSON.stringify(["found", moved.ref, moved.after]));
}

/** The earlier delivery that made the run of the same request. */
export async function sameAs(
  trx: Trx,
  facts: Told,
  { run, moved }: Decision,
  now: number,
): Promise<Pick<Row, "id" | "run"> | undefined> {
  if (!run) return undefined;
  // Not ordered: with an order, SQLite would read the project's deliveries one by one.
  const earlier = trx
    .selectFrom("deliveries")
    .select(["id", "run"])
    .where("project", "=", facts.project)
    .where("outcome", "=", "run")
    .limit(1);
  const sameId =
    facts.delivery_id === null
      ? undefined
      : await earlier
          .where("provider", "=", facts.provider)
          .where("delivery_id", "=", facts.delivery_id)
          .executeTakeFirst();
  // A body that names no commit asks for the current tip, which differs each time.
  if (sameId || run.revision.of !== "commit") return sameId;
  const sameBody = await earlier
    .where("body_digest", "=", facts.body_digest)
    .where("received_at", ">", now - SAME_BODY_MS)
    .executeTakeFirst();
  if (sameBody || !moved || !(await isAt(trx, facts.project, moved))) return sameBody;
  return earlier
    .where("body_digest", "=", foundDigest(moved)!)
    .where("received_at", ">", now - FOUND_MS)
    .executeTakeFirst();
}
