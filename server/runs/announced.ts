import { toJson, fromJson } from "../database/json.ts";
import type { Trx } from "../database/database.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import type { RunRow } from "./record.ts";

/**
 * Records the digests of an attempt's announced uploads. Idempotent: a responder that got no answer repeats
 * the same announcement. A different announcement would double the attempt's upload limit and throws
 * `upload_refused`.
 */
export async function announceOnce(
  trx: Trx,
  row: Pick<RunRow, "id" | "announced">,
  said: Readonly<Record<string, string>>,
): Promise<Record<string, string>> {
  const before = fromJson(row.announced) ?? {};
  for (const [what, digest] of Object.entries(said)) {
    if ((before[what] ?? digest) === digest) continue;
    throw new ApiError("upload_refused", "This attempt has announced something else before.");
  }
  const all = { ...before, ...said };
  const announced = toJson(all);
  if (announced !== row.announced) {
    await trx.updateTable("runs").set({ announced }).where("id", "=", row.id).execute();
  }
  return all;
}
