import * as v from "valibot";
import { ActorSchema } from "./actors.ts";
import { FileBytesSchema } from "./block-files.ts";
import { InputsSchema } from "./claims.ts";
import { MAX_CHECKED_BLOCKS, MAX_PARTS } from "./sizes.ts";

/** The parts that a block needs beside its own code. */
export const RequestPartsSchema = v.object({
  /** The source texts that the claim `after` names, in its order. */
  before: v.optional(v.pipe(v.array(v.string()), v.maxLength(MAX_PARTS))),
  /** The source text that the claim `setup` names. */
  setup: v.optional(v.string()),
  /** The files that the claim `files` names. */
  files: v.optional(FileBytesSchema),
});
export type RequestParts = v.InferOutput<typeof RequestPartsSchema>;

/** Body of `POST /v1/runs`; also what `deferred sign --format json` prints. */
export const RunRequestSchema = v.strictObject({
  /** The block's compact JWS. */
  block: v.string(),
  /** The unchanged source text of the page. */
  code: v.string(),
  ...RequestPartsSchema.entries,
  /** Values for the inputs the block declares. */
  inputs: v.optional(InputsSchema),
  /** `true`: no stored result answers, but an identical run in flight does. Default: false. */
  fresh: v.optional(v.boolean()),
});
export type RunRequest = v.InferOutput<typeof RunRequestSchema>;

/** Body of `DELETE /v1/runs/{id}`, unless the token comes as `Authorization: Bearer …`. */
export const LeaveRequestSchema = v.strictObject({ cancel_token: v.string() });

/** Body of `POST /v1/blocks/checks`: tokens. */
export const BlockChecksRequestSchema = v.strictObject({
  blocks: v.pipe(v.array(v.string()), v.minLength(1), v.maxLength(MAX_CHECKED_BLOCKS)),
});
/** Why a run of the block would be refused. */
const BlockCheckSchema = v.object({ code: v.string(), detail: v.string() });
export type BlockCheck = v.InferOutput<typeof BlockCheckSchema>;
/** Answer to it; null for a block that would be run. */
export const BlockChecksSchema = v.object({ checks: v.array(v.nullable(BlockCheckSchema)) });

/** Body of `POST /v1/wake`. */
export const WakeRequestSchema = v.strictObject({ block: v.string() });

/** Answer to `POST /v1/wake`. */
export const WakeAnswerSchema = v.object({
  /** `ready`: a machine is awake. `waking`: one is on its way. `declined`: no machine is woken. */
  state: v.picklist(["ready", "waking", "declined"]),
});

/** A public key that may sign for a project. */
export const PublicJwkSchema = v.variant("kty", [
  v.strictObject({
    kty: v.literal("OKP"),
    crv: v.literal("Ed25519"),
    x: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{43}$/)),
  }),
  v.strictObject({
    kty: v.literal("EC"),
    crv: v.literal("P-256"),
    x: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{43}$/)),
    y: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{43}$/)),
  }),
]);
export type PublicJwk = v.InferOutput<typeof PublicJwkSchema>;

/** Body of `POST /v1/projects/{owner}/{name}/keys`. */
export const KeyRequestSchema = v.strictObject({
  jwk: PublicJwkSchema,
  label: v.optional(v.pipe(v.string(), v.maxLength(100))),
});

/** Body of `POST /v1/projects/{owner}/{name}/revoked-blocks`: the block's `jti`. */
export const RevokeRequestSchema = v.strictObject({
  jti: v.pipe(v.string(), v.minLength(1), v.maxLength(128)),
});

/** A block that its author revoked. */
export const RevokedBlockSchema = v.object({ jti: v.string(), revoked_at: v.string() });
export type RevokedBlock = v.InferOutput<typeof RevokedBlockSchema>;

/** An entry in the list of a project's keys. */
export const KeyViewSchema = v.object({
  /** RFC 7638 thumbprint. */
  kid: v.string(),
  label: v.nullable(v.string()),
  algorithm: v.picklist(["EdDSA", "ES256"]),
  created_at: v.string(),
  /** Null: the server, or not known, as it was added before servers recorded it. */
  added_by: v.optional(v.nullable(ActorSchema)),
  revoked_at: v.nullable(v.string()),
  /** Absent: it is in use, or was revoked before servers recorded it. */
  revoked_by: v.optional(ActorSchema),
});
export type KeyView = v.InferOutput<typeof KeyViewSchema>;
