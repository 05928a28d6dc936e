import { ApiError } from "../../../protocol/deferred-error.ts";
import { MAX_PUBLISHED_BLOCKS } from "../../../protocol/registered-blocks.ts";
import type { Queries } from "../../database/database.ts";
import { blockOf, type RegisteredBlock } from "./registered-block.ts";

/** Throws `block_not_found`. */
export async function getBlock(
  trx: Queries,
  project: string,
  id: string,
): Promise<RegisteredBlock> {
  const row = await trx
    .selectFrom("registered_blocks")
    .selectAll()
    .where("project", "=", project)
    .where("id", "=", id)
    .executeTakeFirst();
  if (!row) throw new ApiError("block_not_found");
  return blockOf(row);
}

/** Gives a block a public page. Idempotent. Throws `block_not_found` or `blocks_full`. */
export async function setPublished(
  trx: Queries,
  project: string,
  id: string,
  now: number,
  as: string | undefined,
): Promise<RegisteredBlock> {
  const { others } = await trx
    .selectFrom("registered_blocks")
    .select((select) => select.fn.countAll<number>().as("others"))
    .where("project", "=", project)
    .where("id", "!=", id)
    .where("published_at", "is not", null)
    .executeTakeFirstOrThrow();
  if (others >= MAX_PUBLISHED_BLOCKS) throw new ApiError("blocks_full", `It has ${others}.`);
  const namedAt =
    as === undefined ? null : Math.max(now, (await lastNamedAt(trx, project, as)) + 1);
  const row = await trx
    .updateTable("registered_blocks")
    .set(({ fn, val }) => ({
      published_at: fn.coalesce("published_at", val(now)),
      ...(as !== undefined && { name: as, named_at: namedAt }),
    }))
    .where("project", "=", project)
    .where("id", "=", id)
    .returningAll()
    .executeTakeFirst();
  if (!row) throw new ApiError("block_not_found");
  return blockOf(row);
}

/** When a block was last published as `name`: the next one is later, also within one millisecond. */
async function lastNamedAt(trx: Queries, project: string, name: string): Promise<number> {
  const row = await trx
    .selectFrom("registered_blocks")
    .select((select) => select.fn.max("named_at").as("at"))
    .where("project", "=", project)
    .where("name", "=", name)
    .executeTakeFirst();
  return row?.at ?? 0;
}

/** Takes the page of a block away. Idempotent. Throws `block_not_found`. */
export async function setUnpublished(
  trx: Queries,
  project: string,
  id: string,
  now: number,
): Promise<RegisteredBlock> {
  await trx
    .updateTable("registered_blocks")
    .set({ published_at: null, unpublished_at: now })
    .where("project", "=", project)
    .where("id", "=", id)
    .where("published_at", "is not", null)
    .execute();
  return getBlock(trx, project, id);
}
