import { blockId } from "../../../blocks/digest.ts";
import { ApiError } from "../../../protocol/deferred-error.ts";
import { isBlockName, MAX_KEPT_BLOCKS } from "../../../protocol/registered-blocks.ts";
import { getBlock, setPublished, setUnpublished } from "./published.ts";
import { searchBlocks, type BlockSearch } from "./search.ts";
import type { RequestParts } from "../../../protocol/requests.ts";
import type { Database, Queries } from "../../database/database.ts";
import { findProjectRow } from "../../database/find-project.ts";
import { prepared } from "../../database/prepared.ts";
import { fromJson, toJson } from "../../database/json.ts";
import {
  blockOf,
  LISTED,
  listedOf,
  type CheckedBlock,
  type ListedBlock,
  type RegisteredBlock,
} from "./registered-block.ts";

export type RegisteredBlocks = ReturnType<typeof createRegisteredBlocks>;

/** Registered blocks of all projects. A block has a public page only while it is published. */
export function createRegisteredBlocks(database: Database, now: () => number) {
  const { queries } = database;
  /** The block that was last published as `name`. */
  const lastNamed = (project: string, name: string) =>
    queries
      .selectFrom("registered_blocks")
      .selectAll()
      .where("project", "=", project)
      .where("name", "=", name)
      .orderBy("named_at", "desc")
      .limit(1);

  /** The block that was last published as `name`, those that still are before others. Throws `block_not_found`. */
  async function newestOf(project: string, name: string): Promise<RegisteredBlock> {
    const named = lastNamed(project, name);
    const row =
      (await named.where("published_at", "is not", null).executeTakeFirst()) ??
      (await named.executeTakeFirst());
    if (!row) throw new ApiError("block_not_found");
    return blockOf(row);
  }

  /** The published block of a token. */
  const publishedOf = (digest: string) =>
    queries
      .selectFrom("registered_blocks")
      .where("digest", "=", digest)
      .where("published_at", "is not", null);

  /** The block of an id, or the newest of a name. Throws `block_not_found`. */
  function find(project: string, idOrName: string): Promise<RegisteredBlock> {
    return isBlockName(idOrName)
      ? newestOf(project, idOrName)
      : getBlock(queries, project, idOrName);
  }

  return {
    find,

    /** Throws `block_not_found`. */
    get: (project: string, id: string) => getBlock(queries, project, id),

    /**
     * The published block of an id, or the newest of a name. Throws `block_not_found` for one without a page, and
     * `block_unpublished` where it was taken away.
     */
    async published(project: string, idOrName: string): Promise<RegisteredBlock> {
      // The blocks of a removed project stay, since it can be restored.
      if (!(await findProjectRow(queries, project))) throw new ApiError("block_not_found");
      const block = await find(project, idOrName);
      if (block.publishedAt !== null) return block;
      throw new ApiError(block.unpublishedAt === null ? "block_not_found" : "block_unpublished");
    },

    /** The block of a token, if the server keeps it. */
    async ofDigest(digest: string): Promise<RegisteredBlock | undefined> {
      const row = await queries
        .selectFrom("registered_blocks")
        .selectAll()
        .where("digest", "=", digest)
        .executeTakeFirst();
      return row && blockOf(row);
    },

    /** The parts that a run needs beside the block's own code; undefined where it is not published. */
    async partsOf(digest: string): Promise<RequestParts | undefined> {
      const row = await publishedOf(digest).select("parts").executeTakeFirst();
      return row && fromJson(row.parts);
    },

    /** Whether the server keeps the block: its project's people see and run it on a page. */
    async isRegistered(digest: string): Promise<boolean> {
      const row = await queries
        .selectFrom("registered_blocks")
        .select("id")
        .where("digest", "=", digest)
        .executeTakeFirst();
      return row !== undefined;
    },

    async isPublished(digest: string): Promise<boolean> {
      const row = await publishedOf(digest).select("id").executeTakeFirst();
      return row !== undefined;
    },

    /** Newest first, without code and files: those of all blocks may be hundreds of megabytes. */
    async list(project: string): Promise<ListedBlock[]> {
      const rows = await queries
        .selectFrom("registered_blocks")
        .select(LISTED)
        .where("project", "=", project)
        .orderBy("created_at", "desc")
        .orderBy("id")
        .execute();
      return rows.map(listedOf);
    },

    /** Up to `limit` blocks, those that ran last first. Throws `query_invalid` where `before` names none of them. */
    search: (project: string, options: BlockSearch) => searchBlocks(queries, project, options),

    /** Registers the block without a public page. Idempotent. */
    register(block: CheckedBlock): Promise<RegisteredBlock> {
      return database.write(async (trx) => {
        await insert(trx, block, now());
        return getBlock(trx, block.project, blockId(block.digest));
      });
    },

    /**
     * Keeps a block that runs for the first time; those that only ran, and ran the longest ago, give way. Idempotent.
     */
    async keep(trx: Queries, block: CheckedBlock): Promise<void> {
      if (!(await insert(trx, block, now()))) return;
      await trx
        .deleteFrom("registered_blocks")
        .where("project", "=", block.project)
        .where("id", "in", (select) =>
          select
            .selectFrom("registered_blocks")
            .select("id")
            .where("project", "=", block.project)
            .where("published_at", "is", null)
            .where("unpublished_at", "is", null)
            .orderBy("last_run_at", "desc")
            .orderBy("created_at", "desc")
            .limit(-1)
            .offset(MAX_KEPT_BLOCKS),
        )
        .execute();
    },

    /** Counts a request that made a run of the block, or waits for one. False where the block is not kept. */
    async countRequest(
      trx: Queries,
      digest: string,
      { isNew }: { isNew: boolean },
    ): Promise<boolean> {
      const counted = isNew
        ? await countRun(trx, { digest, at: now() })
        : await countReader(trx, { digest });
      return counted.length > 0;
    },

    /** Registers the block and gives it a public page. Idempotent. Throws `blocks_full`. */
    publish(block: CheckedBlock, as?: string): Promise<RegisteredBlock> {
      return database.write(async (trx) => {
        await insert(trx, block, now());
        return setPublished(trx, block.project, blockId(block.digest), now(), as);
      });
    },

    /** Gives the block a page, or takes it away. Idempotent. Throws `block_not_found` or `blocks_full`. */
    change(project: string, id: string, published: boolean, as?: string): Promise<RegisteredBlock> {
      return database.write((trx) =>
        published
          ? setPublished(trx, project, id, now(), as)
          : setUnpublished(trx, project, id, now()),
      );
    },
  };
}

const countRun = prepared((queries, { digest, at }: { digest: string; at: number }) =>
  queries
    .updateTable("registered_blocks")
    .set((set) => ({
      readers: set("readers", "+", 1),
      runs: set("runs", "+", 1),
      last_run_at: at,
    }))
    .where("digest", "=", digest)
    .returning("id"),
);

const countReader = prepared((queries, { digest }: { digest: string }) =>
  queries
    .updateTable("registered_blocks")
    .set((set) => ({ readers: set("readers", "+", 1) }))
    .where("digest", "=", digest)
    .returning("id"),
);

/** Returns whether the block is new. */
async function insert(trx: Queries, block: CheckedBlock, now: number): Promise<boolean> {
  const { parts, ...columns } = block;
  const inserted = await trx
    .insertInto("registered_blocks")
    .values({
      ...columns,
      id: blockId(block.digest),
      parts: toJson(parts),
      created_at: now,
      published_at: null,
      unpublished_at: null,
      name: null,
      named_at: null,
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return (inserted.numInsertedOrUpdatedRows ?? 0n) > 0n;
}
