import { sql } from "kysely";
import * as v from "valibot";
import { canonicalJson } from "../../blocks/canonical-json.ts";
import { resolveInputs } from "../../blocks/inputs.ts";
import { inspectBlock } from "../../blocks/inspect.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import { ResultSchema, type Result } from "../../protocol/run.ts";
import type { Queries } from "../database/database.ts";
import { sha256 } from "../database/ids.ts";
import type { Storage } from "../storage/storage.ts";
import type { RunRow } from "./record.ts";
import { resultKey } from "./results.ts";
import { succeededRuns } from "./shared-runs.ts";

/** Output of the largest `output_kb`, escaped in JSON, with room for its artifacts. */
const MAX_RESULT_BYTES = 16 * 2 ** 20;

export interface LastResultsDeps {
  queries: Queries;
  storage: Storage;
  now: () => number;
}

/** The last success of a block, for pages that show it: of the author's own code with its default inputs alone. */
export function createLastResults({ queries, storage, now }: LastResultsDeps) {
  return {
    /** Undefined where there is none. The token is not verified. */
    async find(token: string): Promise<RunRow | undefined> {
      const { claims, digest } = inspectBlock(token);
      const inputs = defaultInputs(claims.inputs);
      if (!inputs) return undefined;
      return succeededRuns(queries, now())
        .where("kind", "=", sql.lit("block"))
        .where("result_written", "=", sql.lit(1))
        .where("block_digest", "=", digest)
        .where("code_digest", "=", claims.code)
        .where("inputs_digest", "=", sha256(canonicalJson(inputs)))
        .executeTakeFirst();
    },

    /** The stored result of a run; undefined where storage does not have it. */
    async read(row: Pick<RunRow, "id" | "kind">): Promise<Result | undefined> {
      const stored = await storage.read(resultKey(row));
      if (!stored) return undefined;
      const chunks: Uint8Array[] = [];
      let size = 0;
      for await (const chunk of stored) {
        size += chunk.length;
        if (size > MAX_RESULT_BYTES) return undefined;
        chunks.push(chunk);
      }
      return v.parse(ResultSchema, JSON.parse(Buffer.concat(chunks).toString("utf8")));
    },
  };
}

/** Undefined where an input without a default has to be given. */
function defaultInputs(specs: Parameters<typeof resolveInputs>[0]) {
  try {
    return resolveInputs(specs);
  } catch (error) {
    if (error instanceof ApiError) return undefined;
    throw error;
  }
}
