import { DeferredError } from "../../protocol/deferred-error.ts";
import type { StoredResult } from "../../protocol/run.ts";
import type { Queries } from "../database/database.ts";
import { findSucceeded, storedResult } from "./shared-runs.ts";
import { runKeyOfToken, type CheckOptions } from "./check-request.ts";
import type { Addresses } from "./view.ts";

/**
 * Returns the newest stored result of each block's own code with its default inputs, also if it is older than
 * `cache_s`: its reader sees its age. Reads only: it makes no run and writes no result that storage lacks.
 * A block that the server would refuse has none, and does not spoil the answer for the page's other blocks.
 */
export async function findStoredResults(
  queries: Queries,
  addresses: Addresses,
  tokens: readonly string[],
  options: CheckOptions,
): Promise<(StoredResult | null)[]> {
  const results: (StoredResult | null)[] = [];
  for (const token of tokens) results.push(await findStoredResult(token));
  return results;

  async function findStoredResult(token: string): Promise<StoredResult | null> {
    const key = await runKeyOfToken(token, options).catch((error: unknown) => {
      if (error instanceof DeferredError) return null;
      throw error;
    });
    const run = key === null ? undefined : await findSucceeded(queries, key, options.now);
    return run?.result_written === 1 ? storedResult(addresses, run, options.now) : null;
  }
}
