import * as v from "valibot";
import { RequestPartsSchema } from "./requests.ts";

/** Most blocks of a project that have a public page. */
export const MAX_PUBLISHED_BLOCKS = 1000;
/** Most blocks that a project keeps because they ran; the oldest give way. */
export const MAX_KEPT_BLOCKS = 200;

/** Body of `POST /v1/projects/{owner}/{name}/blocks`: what `deferred sign --format json` prints. */
export const PublishRequestSchema = v.strictObject({
  /** The block's compact JWS. */
  block: v.string(),
  code: v.string(),
  ...RequestPartsSchema.entries,
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
