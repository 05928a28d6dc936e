import type { Selectable } from "kysely";
import type { RequestParts } from "../../../protocol/requests.ts";
import { fromJson } from "../../database/json.ts";
import type { Tables } from "../../database/schema.ts";

/** A block that passed every check, with all that a run of it needs. */
export interface CheckedBlock {
  project: string;
  /** See `tokenDigest`. */
  digest: string;
  token: string;
  /** Canonical code. */
  code: string;
  parts: RequestParts;
}

/** A block that the server keeps, because it was published or ran. */
export interface RegisteredBlock extends CheckedBlock {
  id: string;
  registeredAt: number;
  /** Null: it has no public page. */
  publishedAt: number | null;
  unpublishedAt: number | null;
  /** The name that it was last published as. */
  name: string | null;
}

export function blockOf(row: Selectable<Tables["registered_blocks"]>): RegisteredBlock {
  return {
    project: row.project,
    id: row.id,
    digest: row.digest,
    token: row.token,
    code: row.code,
    parts: fromJson(row.parts),
    registeredAt: row.created_at,
    publishedAt: row.published_at,
    unpublishedAt: row.unpublished_at,
    name: row.name,
  };
}
