import * as v from "valibot";
import { ACTOR_KINDS } from "./actors.ts";

/** A call or a form that changed something, and who sent it. */
const AuditEntrySchema = v.object({
  /** Larger for later entries. */
  number: v.number(),
  at: v.string(),
  actor_kind: v.picklist(ACTOR_KINDS),
  /** The token's or the user's id; `owner` for the server's. */
  actor: v.string(),
  /** Its name then. */
  actor_name: v.string(),
  /** Null where the call was about no single project. */
  project: v.nullable(v.string()),
  /** Method and path as the OpenAPI document names them. */
  action: v.string(),
  path: v.string(),
  /** Of the answer. Null: the server ended before it answered. */
  status: v.nullable(v.number()),
  /** The `Location` of the answer. */
  location: v.nullable(v.string()),
  /** Names of what it changed, such as settings; never values. */
  detail: v.nullable(v.string()),
});
export type AuditEntry = v.InferOutput<typeof AuditEntrySchema>;

export const AuditSchema = v.object({
  entries: v.array(AuditEntrySchema),
  /** `before` of the next page; absent on the last one. */
  older: v.optional(v.number()),
});
