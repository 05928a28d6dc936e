import type { RefusedDeliveries } from "../../protocol/deliveries.ts";
import type { Database } from "../database/database.ts";
import type { ApiError } from "../../protocol/deferred-error.ts";
import type { ProviderName } from "./providers.ts";

export type Refusals = ReturnType<typeof createRefusals>;

/**
 * Limits writes to one a second, because anyone who knows an address can send to it: later refusals are
 * added to the next write.
 */
const LEAST_BETWEEN_MS = 1000;

const COUNTED = ["hook_signature_missing", "hook_signature_wrong"] as const;
type Code = (typeof COUNTED)[number];

interface Uncounted {
  count: number;
  firstAt: number;
  lastAt: number;
  writtenAt: number;
}

/**
 * Counts webhooks refused for their signature, because a wrong secret shows nowhere else. There is one row
 * for each project, provider and reason; no data of an unverified caller is stored.
 */
export function createRefusals({ database, now }: { database: Database; now: () => number }) {
  const pending = new Map<string, Uncounted>();

  async function write(project: string, provider: ProviderName, code: Code, one: Uncounted) {
    const { count, firstAt, lastAt } = one;
    Object.assign(one, { count: 0, writtenAt: lastAt });
    await database.write((trx) =>
      trx
        .insertInto("refused_deliveries")
        .values({ project, provider, code, count, first_at: firstAt, last_at: lastAt })
        .onConflict((conflict) =>
          conflict.columns(["project", "provider", "code"]).doUpdateSet((known) => ({
            count: known("refused_deliveries.count", "+", count),
            last_at: lastAt,
          })),
        )
        .execute(),
    );
  }

  return {
    /** Counts a refusal for its signature; ignores every other error. */
    async count(project: string, provider: ProviderName, error: ApiError): Promise<void> {
      const code = COUNTED.find((counted) => counted === error.code);
      if (!code) return;
      const key = `${project} ${provider} ${code}`;
      const at = now();
      const one = pending.get(key) ?? { count: 0, firstAt: at, lastAt: at, writtenAt: 0 };
      if (one.count === 0) one.firstAt = at;
      one.count++;
      one.lastAt = at;
      pending.set(key, one);
      if (Math.abs(at - one.writtenAt) >= LEAST_BETWEEN_MS)
        await write(project, provider, code, one);
    },

    /** The latest first. */
    async list(project: string): Promise<RefusedDeliveries[]> {
      const rows = await database.queries
        .selectFrom("refused_deliveries")
        .selectAll()
        .where("project", "=", project)
        .orderBy("last_at", "desc")
        .execute();
      return rows.map(({ provider, code, count, first_at, last_at }) => {
        const more = pending.get(`${project} ${provider} ${code}`);
        return {
          ...{ provider, code },
          count: count + (more?.count ?? 0),
          first_at: new Date(first_at).toISOString(),
          last_at: new Date(Math.max(last_at, more?.lastAt ?? 0)).toISOString(),
        };
      });
    },
  };
}
