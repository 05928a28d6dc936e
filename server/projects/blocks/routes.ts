import { Hono } from "hono";
import { claimedTime } from "../../../blocks/claimed-time.ts";
import { inspectBlock } from "../../../blocks/inspect.ts";
import { pagePaths, paths } from "../../../protocol/paths.ts";
import {
  BlockFilesRequestSchema,
  ChangeBlockSchema,
  FileUploadsSchema,
  PublishRequestSchema,
  RegisteredBlockListSchema,
  RegisteredBlockViewSchema,
  WholeBlockSchema,
  type RegisteredBlockView,
  type WholeBlock,
} from "../../../protocol/registered-blocks.ts";
import { MAX_RUN_BODY_BYTES, MAX_TOKEN_BYTES } from "../../../protocol/sizes.ts";
import type { Access } from "../../accounts/access.ts";
import { jsonBody } from "../../http/json-body.ts";
import { describeForOwner } from "../../http/openapi/describe.ts";
import type { Projects } from "../projects.ts";
import { slugOf } from "../slug.ts";
import type { BlockFiles } from "./files.ts";
import { createBlockPublishing } from "./publishing.ts";
import type { ListedBlock, RegisteredBlock } from "./registered-block.ts";

export interface BlockRoutesDeps {
  projects: Projects;
  blockFiles: BlockFiles;
  access: Access;
  /** The server's public URL. */
  url: string;
  now: () => number;
}

/** The calls about a project's registered blocks. Without CORS: no page calls these. */
export function blockRoutes({ projects, blockFiles, access, url, now }: BlockRoutesDeps): Hono {
  const { blocks } = projects;
  const publishing = createBlockPublishing({ projects, blockFiles, url, now });
  const app = new Hono();
  const list = "/:owner/:name/blocks";
  const one = `${list}/:id`;

  app.get(list, docs.list, async (c) => {
    await access.belong(c, slugOf(c));
    const all = await blocks.list(slugOf(c));
    return c.json({ blocks: all.map((block) => viewOf(block, url)) });
  });

  app.post(list, docs.publish, async (c) => {
    const project = slugOf(c);
    await access.act(c, project, "admin");
    const request = await jsonBody(c, PublishRequestSchema, MAX_RUN_BODY_BYTES);
    const published = await publishing.publish(project, request);
    const location = paths.projectBlock(project, published.id);
    return c.json(viewOf(published, url), 201, { location });
  });

  app.post("/:owner/:name/block-files", docs.files, async (c) => {
    const project = slugOf(c);
    await access.act(c, project, "admin");
    const { block } = await jsonBody(c, BlockFilesRequestSchema, 2 * MAX_TOKEN_BYTES);
    return c.json(await publishing.announceFiles(project, block));
  });

  app.get(one, docs.read, async (c) => {
    await access.belong(c, slugOf(c));
    return c.json(wholeOf(await blocks.find(slugOf(c), c.req.param("id")), url));
  });

  app.patch(one, docs.change, async (c) => {
    const project = slugOf(c);
    await access.act(c, project, "admin");
    const change = await jsonBody(c, ChangeBlockSchema, 1024);
    return c.json(viewOf(await publishing.change(project, c.req.param("id"), change), url));
  });

  return app;
}

function viewOf(block: ListedBlock, url: string): RegisteredBlockView {
  const { claims, header } = inspectBlock(block.token);
  const { publishedAt, unpublishedAt, counts } = block;
  return {
    id: block.id,
    state: publishedAt !== null ? "published" : unpublishedAt === null ? "kept" : "unpublished",
    title: claims.title ?? null,
    runtime: claims.runtime,
    kid: header.kid,
    jti: claims.jti,
    signed_at: new Date(claimedTime(claims.iat)).toISOString(),
    registered_at: new Date(block.registeredAt).toISOString(),
    published_at: publishedAt === null ? null : new Date(publishedAt).toISOString(),
    page_url: url + pagePaths.block(block.project, block.id),
    name: block.name,
    name_url: block.name === null ? null : url + pagePaths.block(block.project, block.name),
    runs: counts.runs,
    failures: counts.failures,
    readers: counts.readers,
    last_run_at: counts.lastRunAt === null ? null : new Date(counts.lastRunAt).toISOString(),
  };
}

function wholeOf(block: RegisteredBlock, url: string): WholeBlock {
  return { ...viewOf(block, url), block: block.token, code: block.code, ...block.parts };
}

const id = { id: "The block's id: 16 characters." };

const OF_TOKENS = [
  "block_not_own",
  "token_malformed",
  "token_claims_invalid",
  "key_unknown",
  "key_revoked",
  "signature_invalid",
  "block_revoked",
  "block_expired",
  "audience_wrong",
] as const;

const docs = {
  list: describeForOwner({
    summary: "List a project's registered blocks",
    description: "Those that were published, and those that ran, newest first.",
    answers: { 200: ["Its blocks.", RegisteredBlockListSchema] },
  }),
  publish: describeForOwner({
    summary: "Publish a block",
    description:
      "Gives it a page that everybody may see and run, with its code, who signed it and its last result. The same token has the same page, however often it is published.",
    body: PublishRequestSchema,
    answers: { 201: ["It has a page.", RegisteredBlockViewSchema] },
    errors: [
      ...OF_TOKENS,
      "blocks_full",
      "code_mismatch",
      "part_missing",
      "part_mismatch",
      "file_missing",
      "file_mismatch",
      "files_too_large",
    ],
  }),
  files: describeForOwner({
    summary: "Upload the files of a block",
    description:
      "Files over 256 KiB in all do not come with requests: the server stores them while the block is published. Answers an upload for each that it lacks; send them before the block is published, within an hour.",
    body: BlockFilesRequestSchema,
    answers: { 200: ["The uploads.", FileUploadsSchema] },
    errors: [...OF_TOKENS, "files_too_large", "blocks_full"],
  }),
  read: describeForOwner({
    summary: "Read a registered block",
    description: "With its token, its code and its files.",
    parameters: { id: "The block's id, or a name: the newest block that was published as it." },
    answers: { 200: ["The block.", WholeBlockSchema] },
    errors: ["block_not_found"],
  }),
  change: describeForOwner({
    summary: "Publish a block that is registered, or take its page away",
    description:
      "A page that was taken away answers 410. The block itself still runs where its tag is on other pages: revoke it to stop that.",
    parameters: id,
    body: ChangeBlockSchema,
    answers: { 200: ["The block.", RegisteredBlockViewSchema] },
    errors: [
      "block_not_found",
      "blocks_full",
      "block_revoked",
      "key_revoked",
      "block_expired",
      "file_missing",
    ],
  }),
};
