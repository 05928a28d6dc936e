import type { Queries } from "../../../database/database.ts";
import type { DeliveriesTable } from "../../../database/tables/projects.ts";
import type { Tables } from "../../../database/schema.ts";
import { PAGE_ROWS } from "./list.ts";

export type ListedDelivery = Omit<DeliveriesTable, "body" | "headers" | "body_digest">;

export async function deliveriesOf(
  queries: Queries,
  slug: string,
  before?: number,
): Promise<{ deliveries: ListedDelivery[]; older: string | undefined }> {
  let query = queries
    .selectFrom("deliveries")
    .select(["id", "number", "project", "provider", "event", "delivery_id", "received_at"])
    .select(["outcome", "detail", "run", "replay_of"])
    .where("project", "=", slug)
    .orderBy("number", "desc")
    .limit(PAGE_ROWS + 1);
  if (before !== undefined) query = query.where("number", "<", before);
  const rows = await query.execute();
  const deliveries = rows.slice(0, PAGE_ROWS);
  const older = rows.length > PAGE_ROWS ? String(deliveries.at(-1)!.number) : undefined;
  return { deliveries, older };
}

export function deliveryOf(
  queries: Queries,
  slug: string,
  id: string,
): Promise<Tables["deliveries"] | undefined> {
  return queries
    .selectFrom("deliveries")
    .selectAll()
    .where("project", "=", slug)
    .where("id", "=", id)
    .executeTakeFirst();
}
