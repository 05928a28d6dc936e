import type { Context } from "hono";
import { ApiError } from "../../protocol/deferred-error.ts";
import { parseRunFilter, writeTerms, type ParsedFilter } from "../../protocol/run-filter.ts";
import type { Access } from "../accounts/access.ts";
import type { RunQuery } from "./reading/search-runs.ts";

const MAX_LISTED = 200;
const LISTED = 50;

/** The query of a list of runs. */
export async function runQueryOf(c: Context, access: Access, slug: string): Promise<RunQuery> {
  const { q = "", state, commit, before } = c.req.query();
  const more = writeTerms([
    ...(state === undefined ? [] : [{ key: "state" as const, value: state }]),
    ...(commit === undefined ? [] : [{ key: "commit" as const, value: commit }]),
  ]);
  const parsed = readFilter(`${q} ${more}`, await isMember(c, access, slug));
  if (parsed.problem !== undefined) throw new ApiError("query_invalid", parsed.problem);
  return { ...parsed.terms, before, limit: limitOf(c) };
}

/** The terms of a filter for this reader. Runs of blocks are unlisted: only members see them in lists. */
export function readFilter(filter: string, member: boolean): ParsedFilter {
  const parsed = parseRunFilter(filter);
  if (member || parsed.problem !== undefined) return parsed;
  const { kinds, blocks } = parsed.terms;
  if (kinds.includes("block") || blocks.length > 0) {
    return { problem: "Only members of the project see the runs of its blocks." };
  }
  return { terms: { ...parsed.terms, kinds: ["command"] } };
}

/** Whether the caller belongs to the project, and does not just read it because it is public. */
async function isMember(c: Context, access: Access, slug: string): Promise<boolean> {
  try {
    await access.belong(c, slug);
    return true;
  } catch (error) {
    if (error instanceof ApiError) return false;
    throw error;
  }
}

export function limitOf(c: Context): number {
  const text = c.req.query("limit") ?? String(LISTED);
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= MAX_LISTED) return limit;
  throw new ApiError("query_invalid", `limit: 1 to ${MAX_LISTED}.`);
}
