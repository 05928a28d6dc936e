import * as v from "valibot";
import { RequestPartsSchema } from "./requests.ts";

/** Most blocks of a project that have a public page. */
export const MAX_PUBLISHED_BLOCKS = 1000;
/** Most blocks that a project keeps because they ran; the oldest give way. */
export const MAX_KEPT_BLOCKS = 200;

/** Ids of registered blocks: see `blockId`. */
export const BLOCK_ID = /^[0-9a-hjkmnp-tv-z]{16}$/;

/** Whether the last part of a page's path is a name that an author chose, and no block's id. */
export function isBlockName(text: string): boolean {
  return /^[a-z][a-z0-9-]{0,39}$/.test(text) && !BLOCK_ID.test(text);
}

/** A name that leads to the newest block which was published as it. */
const BlockNameSchema = v.pipe(
  v.string(),
  v.check(
    isBlockName,
    "a name has small letters, digits and -, begins with a letter, has 40 characters at most, and does not look like an id",
  ),
);

/** Body of `POST /v1/projects/{owner}/{name}/blocks`: what `deferred sign --format json` prints. */
export const PublishRequestSchema = v.strictObject({
  /** The block's compact JWS. */
  block: v.string(),
  code: v.string(),
  ...RequestPartsSchema.entries,
  /** A name whose address leads to this block until another one is published as it. */
  as: v.optional(BlockNameSchema),
});
export type PublishRequest = v.InferOutput<typeof PublishRequestSchema>;

/** Body of `POST /v1/projects/{owner}/{name}/block-files`. */
export const BlockFilesRequestSchema = v.strictObject({
  /** The block's compact JWS. */
  block: v.string(),
});

/** Answer to it: an upload for each file that the server lacks. PUT the bytes with exactly these headers. */
export const FileUploadsSchema = v.object({
  uploads: v.array(
    v.object({
      path: v.string(),
      sha256: v.string(),
      url: v.string(),
      headers: v.record(v.string(), v.string()),
    }),
  ),
});
export type FileUploads = v.InferOutput<typeof FileUploadsSchema>;

/** Body of `PATCH /v1/projects/{owner}/{name}/blocks/{id}`. */
export const ChangeBlockSchema = v.strictObject({
  /** `true`: it has a public page. `false`: the page is taken away, and answers 410. */
  published: v.boolean(),
  /** As for publishing; only with `published: true`. */
  as: v.optional(BlockNameSchema),
});

/** A registered block, as its project's owner sees it in a list. */
export const RegisteredBlockViewSchema = v.object({
  id: v.string(),
  /** `kept`: it ran, and has no page. `published`: everybody may see and run it. `unpublished`: its page was taken away. */
  state: v.picklist(["kept", "published", "unpublished"]),
  title: v.nullable(v.string()),
  runtime: v.string(),
  /** Thumbprint of the key that signed it. */
  kid: v.string(),
  jti: v.string(),
  signed_at: v.string(),
  registered_at: v.string(),
  published_at: v.nullable(v.string()),
  /** Address of its page, which only a published block has. */
  page_url: v.string(),
  /** The name that it was last published as. */
  name: v.nullable(v.string()),
  /** The name's address, which leads to the newest published block of that name. */
  name_url: v.nullable(v.string()),
  /** Counts since it was registered. Failures are runs that neither succeeded nor were canceled. */
  runs: v.number(),
  failures: v.number(),
  /** Requests that made a run or waited for one; answers from a stored result are not counted. */
  readers: v.number(),
  last_run_at: v.nullable(v.string()),
});
export type RegisteredBlockView = v.InferOutput<typeof RegisteredBlockViewSchema>;

/** The same with all that the server keeps of it. */
export const WholeBlockSchema = v.object({
  ...RegisteredBlockViewSchema.entries,
  block: v.string(),
  code: v.string(),
  ...RequestPartsSchema.entries,
});
export type WholeBlock = v.InferOutput<typeof WholeBlockSchema>;

export const RegisteredBlockListSchema = v.object({ blocks: v.array(RegisteredBlockViewSchema) });
