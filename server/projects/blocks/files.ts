import { createHash } from "node:crypto";
import { blockId } from "../../../blocks/digest.ts";
import { areStored, whatIsTooLarge, type FileClaims } from "../../../protocol/block-files.ts";
import { ApiError } from "../../../protocol/deferred-error.ts";
import { storageKeys } from "../../../protocol/paths.ts";
import type { FileUploads } from "../../../protocol/registered-blocks.ts";
import { MAX_PROJECT_FILES_BYTES } from "../../../protocol/sizes.ts";
import { fileSize } from "../../../protocol/words.ts";
import type { Database, Queries } from "../../database/database.ts";
import type { Storage } from "../../storage/storage.ts";

/** An upload has to begin within this time. */
const UPLOAD_EXPIRES_S = 300;
/** A machine has to begin to read within this time of its claim. */
const READ_EXPIRES_S = 300;
/** How long files may wait for their block to be published. */
const UNPUBLISHED_MS = 60 * 60 * 1000;
const TYPE = "application/octet-stream";

export interface BlockFilesDeps {
  database: Database;
  storage: Storage;
  now: () => number;
}

/** A block that its project has signed, and the files that its claims name. */
export interface BlockWithFiles {
  project: string;
  /** See `tokenDigest`. */
  digest: string;
  files: FileClaims | undefined;
}

/** A file that storage lacks. */
export interface LackingFile {
  path: string;
  sha256: string;
  size: number;
}

export type BlockFiles = ReturnType<typeof createBlockFiles>;

/** Files of published blocks that are too large for a request. Each block has its own. */
export function createBlockFiles({ database, storage, now }: BlockFilesDeps) {
  const { queries } = database;

  async function isStored(key: string, sha256: string, size: number): Promise<boolean> {
    const found = await storage.stat(key);
    return found?.size === size && (found.sha256 ?? sha256) === sha256;
  }

  /** Files first: after a crash in between, the rows still lead to what is left of them. */
  async function remove(project: string, block: string): Promise<void> {
    await storage.remove(storageKeys.blockFiles(project, block));
    await rowsOf(queries, project, block).execute();
  }

  /** The files that storage lacks, once each; they count against the project's room from now on. */
  async function lacking({ project, digest, files = {} }: BlockWithFiles): Promise<LackingFile[]> {
    if (!areStored(files)) return [];
    checkSizes(files);
    const block = blockId(digest);
    await database.write((trx) => reserve(trx, project, block, files, now()));
    const found = new Map<string, LackingFile>();
    for (const [path, { sha256, size }] of Object.entries(files)) {
      const key = storageKeys.blockFile(project, block, sha256);
      if (found.has(sha256) || (await isStored(key, sha256, size))) continue;
      found.set(sha256, { path, sha256, size });
    }
    return [...found.values()];
  }

  return {
    remove,

    /**
     * Signs an upload for each file that storage lacks. The block's token has been verified. Throws `files_too_large`,
     * and `blocks_full` where the project has no room.
     */
    async announce(block: BlockWithFiles): Promise<FileUploads> {
      const uploads = (await lacking(block)).map(async ({ path, sha256, size }) => {
        const key = storageKeys.blockFile(block.project, blockId(block.digest), sha256);
        const facts = { size, type: TYPE, sha256 };
        const upload = await storage.presignPut(key, facts, UPLOAD_EXPIRES_S, "person");
        return { path, sha256, ...upload };
      });
      return { uploads: await Promise.all(uploads) };
    },

    /** The same without uploads, for pages: their browser may reach no storage but this server. */
    lacking,

    /** Stores a file that `lacking` named; false for other bytes. */
    async receive(project: string, block: string, bytes: Uint8Array): Promise<boolean> {
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      const announced = await queries
        .selectFrom("block_files")
        .select("sha256")
        .where("project", "=", project)
        .where("block", "=", block)
        .execute();
      if (!announced.some((file) => file.sha256 === sha256)) return false;
      await storage.put(storageKeys.blockFile(project, block, sha256), bytes, TYPE);
      return true;
    },

    /** Throws `file_missing` unless storage holds all files that do not come with requests. */
    async check({ project, digest, files = {} }: BlockWithFiles): Promise<void> {
      if (!areStored(files)) return;
      checkSizes(files);
      for (const [path, { sha256, size }] of Object.entries(files)) {
        const key = storageKeys.blockFile(project, blockId(digest), sha256);
        if (await isStored(key, sha256, size)) continue;
        throw new ApiError("file_missing", `The server lacks ${path}.`);
      }
    },

    /** Signs the address from which a machine reads a file. */
    addressOf(project: string, digest: string, sha256: string): Promise<string> {
      const key = storageKeys.blockFile(project, blockId(digest), sha256);
      return storage.presignGet(key, READ_EXPIRES_S, "machine");
    },

    /** Removes the files of all blocks of a project that was removed. */
    async forget(project: string): Promise<void> {
      await storage.remove(storageKeys.blockFiles(project));
      await rowsOf(queries, project).execute();
    },

    /** Removes files whose block was not published in time, or is no more. Resolves with the number of such blocks. */
    async removeUnneeded(): Promise<number> {
      const blocks = await queries
        .selectFrom("block_files")
        .select(["project", "block"])
        .distinct()
        .where("announced_at", "<", now() - UNPUBLISHED_MS)
        .where(({ not, exists, selectFrom }) =>
          not(
            exists(
              selectFrom("registered_blocks")
                .select("id")
                .whereRef("registered_blocks.project", "=", "block_files.project")
                .whereRef("registered_blocks.id", "=", "block_files.block")
                .where("published_at", "is not", null),
            ),
          ),
        )
        .execute();
      for (const { project, block } of blocks) await remove(project, block);
      return blocks.length;
    },
  };
}

/** Throws `files_too_large`. */
function checkSizes(files: FileClaims): void {
  const wrong = whatIsTooLarge(files);
  if (wrong !== undefined) throw new ApiError("files_too_large", wrong);
}

/** Counts the block's files against its project's bound, before there is any byte of them. Throws `blocks_full`. */
async function reserve(
  trx: Queries,
  project: string,
  block: string,
  files: FileClaims,
  now: number,
): Promise<void> {
  for (const { sha256, size } of Object.values(files)) {
    await trx
      .insertInto("block_files")
      .values({ project, block, sha256, size, announced_at: now })
      .onConflict((conflict) =>
        conflict.columns(["project", "block", "sha256"]).doUpdateSet({ announced_at: now }),
      )
      .execute();
  }
  const { total } = await trx
    .selectFrom("block_files")
    .select((select) => select.fn.sum<number | string>("size").as("total"))
    .where("project", "=", project)
    .executeTakeFirstOrThrow();
  if (Number(total) <= MAX_PROJECT_FILES_BYTES) return;
  throw new ApiError(
    "blocks_full",
    `Files of its blocks would have ${fileSize(Number(total))}; ${fileSize(MAX_PROJECT_FILES_BYTES)} is the most.`,
  );
}

function rowsOf(trx: Queries, project: string, block?: string) {
  const rows = trx.deleteFrom("block_files").where("project", "=", project);
  return block === undefined ? rows : rows.where("block", "=", block);
}
