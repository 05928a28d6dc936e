import type { Selectable } from "kysely";
import type { Delivery, DeliveryView } from "../../protocol/deliveries.ts";
import type { Queries } from "../database/database.ts";
import { fromJson } from "../database/json.ts";
import type { DeliveriesTable } from "../database/tables/projects.ts";
import { ApiError } from "../../protocol/deferred-error.ts";

export type DeliveryRow = Selectable<DeliveriesTable>;

const LISTED = [
  "id",
  "provider",
  "event",
  "delivery_id",
  "received_at",
  "outcome",
  "detail",
  "run",
  "replay_of",
  "replayed_by",
] as const;

export function createDeliveryList(queries: Queries) {
  /** Throws `delivery_not_found`. */
  async function find(slug: string, id: string): Promise<DeliveryRow> {
    const row = await queries
      .selectFrom("deliveries")
      .selectAll()
      .where("id", "=", id)
      .where("project", "=", slug)
      .executeTakeFirst();
    if (!row) throw new ApiError("delivery_not_found");
    return row;
  }

  return {
    find,

    /** Newest first; `before` is a delivery's id. */
    async list(
      slug: string,
      { limit, before }: { limit: number; before?: string | undefined },
    ): Promise<Delivery[]> {
      const last = before === undefined ? undefined : (await find(slug, before)).number;
      const rows = await queries
        .selectFrom("deliveries")
        .select(LISTED)
        .where("project", "=", slug)
        .$if(last !== undefined, (some) => some.where("number", "<", last!))
        .orderBy("number", "desc")
        .limit(limit)
        .execute();
      return rows.map(deliveryOf);
    },

    /** Those of the ids that were replayed. */
    async replayed(ids: readonly string[]): Promise<ReadonlySet<string>> {
      const rows = await queries
        .selectFrom("deliveries")
        .select("replay_of")
        .where("replay_of", "in", ids)
        .execute();
      return new Set(rows.flatMap(({ replay_of }) => replay_of ?? []));
    },

    /** Whether a ping of GitHub's, signed with the project's secret, came at `since` or later. */
    async pingCameSince(slug: string, since: number): Promise<boolean> {
      // The newest few: an old project has many deliveries.
      const rows = await queries
        .selectFrom("deliveries")
        .select(["event", "received_at"])
        .where("project", "=", slug)
        .orderBy("number", "desc")
        .limit(20)
        .execute();
      return rows.some(({ event, received_at }) => event === "ping" && received_at >= since);
    },

    /** The delivery with its headers and body. Throws `delivery_not_found`. */
    async whole(slug: string, id: string): Promise<DeliveryView> {
      const row = await find(slug, id);
      return { ...deliveryOf(row), headers: fromJson(row.headers), body: row.body };
    },
  };
}

export function deliveryOf(row: Pick<DeliveryRow, (typeof LISTED)[number]>): Delivery {
  return {
    id: row.id,
    provider: row.provider,
    event: row.event,
    delivery_id: row.delivery_id,
    received_at: new Date(row.received_at).toISOString(),
    outcome: row.outcome,
    detail: row.detail,
    run: row.run,
    replay_of: row.replay_of,
    replayed_by: fromJson(row.replayed_by) ?? null,
  };
}
