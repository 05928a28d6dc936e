import { blockId } from "../../../blocks/digest.ts";
import { ApiError } from "../../../protocol/deferred-error.ts";
import type { FileUploads, PublishRequest } from "../../../protocol/registered-blocks.ts";
import type { Projects } from "../projects.ts";
import { checkBlock, verifyOwnToken } from "./check-block.ts";
import type { BlockFiles, LackingFile } from "./files.ts";
import type { RegisteredBlock } from "./registered-block.ts";

export interface BlockPublishingDeps {
  projects: Projects;
  blockFiles: BlockFiles;
  /** The server's public URL. */
  url: string;
  now: () => number;
}

export type BlockPublishing = ReturnType<typeof createBlockPublishing>;

/** A project's actions on its blocks. All throw `ApiError`. */
export function createBlockPublishing({ projects, blockFiles, url, now }: BlockPublishingDeps) {
  const { blocks } = projects;
  const checking = (project: string) => ({
    registry: projects,
    project,
    audience: url,
    now: now(),
    checkFiles: blockFiles.check,
  });
  return {
    /** Registers a block without a public page. Idempotent. */
    async register(project: string, request: PublishRequest): Promise<RegisteredBlock> {
      return blocks.register(await checkBlock(request, checking(project)));
    },

    /** Gives a block a public page. Idempotent. */
    async publish(project: string, request: PublishRequest): Promise<RegisteredBlock> {
      return blocks.publish(await checkBlock(request, checking(project)), request.as);
    },

    /** Gives a registered block a public page, or takes it away. Idempotent. */
    async change(
      project: string,
      id: string,
      { published, as }: { published: boolean; as?: string | undefined },
    ): Promise<RegisteredBlock> {
      if (as !== undefined && !published) {
        throw new ApiError("body_invalid", "as: only with published: true.");
      }
      const block = await blocks.get(project, id);
      if (published) {
        const request = { block: block.token, code: block.code, ...block.parts };
        await checkBlock(request, checking(project));
      }
      const changed = await blocks.change(project, block.id, published, as);
      if (!published) await blockFiles.remove(project, block.id);
      return changed;
    },

    /** Signs uploads of the files that the server lacks of a block. */
    async announceFiles(project: string, token: string): Promise<FileUploads> {
      const { claims, digest } = await verifyOwnToken(token, checking(project));
      return blockFiles.announce({ project, digest, files: claims.files });
    },

    /** The files of a block that the server has to store and lacks, for a page that sends them with `receiveFile`. */
    async lackingFiles(
      project: string,
      token: string,
    ): Promise<{ block: string; files: LackingFile[] }> {
      const { claims, digest } = await verifyOwnToken(token, checking(project));
      const files = await blockFiles.lacking({ project, digest, files: claims.files });
      return { block: blockId(digest), files };
    },

    receiveFile: blockFiles.receive,

    /** Why readers can't run the block now; undefined where they can. */
    async refusalOf({ project, token }: RegisteredBlock): Promise<ApiError | undefined> {
      try {
        await verifyOwnToken(token, checking(project));
        return undefined;
      } catch (error) {
        if (error instanceof ApiError) return error;
        throw error;
      }
    },
  };
}
