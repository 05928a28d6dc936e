import type { UsualWake } from "../../protocol/run.ts";
import type { Queries } from "../database/database.ts";
import { WAKE_KINDS, type WakeKind, type WakeRow } from "./wakes.ts";

/**
 * Median and 90th percentile of the pool's last 50 wakes of a kind, or of all kinds where it has none;
 * undefined before the first.
 */
export async function usualWake(
  queries: Queries,
  pool: string,
  kind: WakeKind,
): Promise<UsualWake | undefined> {
  const alike = await lastWakes(queries, { pool, kind });
  return usualOf(alike.length > 0 ? alike : await lastWakes(queries, { pool }));
}

/** Durations of the last 50 wakes of each kind, all pools together; kinds without a wake are left out. */
export async function wakeFigures(queries: Queries): Promise<(UsualWake & { kind: WakeKind })[]> {
  const all = await Promise.all(
    WAKE_KINDS.map(async (kind) => {
      const figures = usualOf(await lastWakes(queries, { kind }));
      return figures && { kind, ...figures };
    }),
  );
  return all.flatMap((figures) => figures ?? []);
}

type Woken = Pick<WakeRow, "requested_at" | "registered_at">;

/** Median and 90th percentile of wakes that came up; undefined without one. */
export function usualOf(wakes: readonly Woken[]): UsualWake | undefined {
  if (wakes.length === 0) return undefined;
  const seconds = wakes
    // Negative where the clock was set back in between.
    .map((wake) => Math.max(0, wake.registered_at! - wake.requested_at) / 1000)
    .toSorted((a, b) => a - b);
  const at = (share: number) => seconds[Math.ceil(share * seconds.length) - 1]!;
  return { p50_s: at(0.5), p90_s: at(0.9), wakes: seconds.length };
}

async function lastWakes(
  queries: Queries,
  { pool, kind }: { pool?: string; kind?: WakeKind },
): Promise<Woken[]> {
  let last = queries
    .selectFrom("wakes")
    .select(["requested_at", "registered_at"])
    .where("registered_at", "is not", null);
  if (pool !== undefined) last = last.where("pool", "=", pool);
  if (kind === undefined) last = last.where("how", "<>", "charge");
  else last = last.where("how", "=", kind === "start" ? "start" : "launch");
  if (kind !== undefined && kind !== "start") {
    last = last.where("set_up", "=", kind === "launch" ? 0 : 1);
  }
  return last.orderBy("requested_at", "desc").limit(50).execute();
}
