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
  /** Its name in lists: see `blockTitle`. */
  title: string;
  runtime: string;
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
  counts: BlockCounts;
}

/** Counts since the block was registered. They outlive its runs. */
interface BlockCounts {
  runs: number;
  /** Runs that neither succeeded nor were canceled. */
  failures: number;
  /** Requests that made a run or waited for one. */
  readers: number;
  /** Null: it never ran. */
  lastRunAt: number | null;
}

/** The same without what can be large. */
export type ListedBlock = Omit<RegisteredBlock, "code" | "parts">;

/** The columns of a listed block. */
export const LISTED = [
  "project",
  "id",
  "digest",
  "token",
  "created_at",
  "published_at",
  "unpublished_at",
  "name",
  "title",
  "runtime",
  "runs",
  "failures",
  "readers",
  "last_run_at",
] as const;

type Row = Selectable<Tables["registered_blocks"]>;

export function listedOf(row: Pick<Row, (typeof LISTED)[number]>): ListedBlock {
  return {
    project: row.project,
    id: row.id,
    digest: row.digest,
    token: row.token,
    registeredAt: row.created_at,
    publishedAt: row.published_at,
    unpublishedAt: row.unpublished_at,
    name: row.name,
    title: row.title,
    runtime: row.runtime,
    counts: {
      runs: row.runs,
      failures: row.failures,
      readers: row.readers,
      lastRunAt: row.last_run_at || null,
    },
  };
}

export function blockOf(row: Row): RegisteredBlock {
  return { ...listedOf(row), code: row.code, parts: fromJson(row.parts) };
}
