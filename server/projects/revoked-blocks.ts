import type { RevokedBlock } from "../../protocol/requests.ts";
import type { Queries } from "../database/database.ts";
import { prepared } from "../database/prepared.ts";

const revocation = prepared((queries, { slug, jti }: { slug: string; jti: string }) =>
  queries
    .selectFrom("revoked_blocks")
    .select("revoked_at")
    .where("project", "=", slug)
    .where("jti", "=", jti),
);

/** Blocks that their authors revoked, by the token's `jti`. */
export function createRevokedBlocks(queries: Queries, now: () => number) {
  return {
    async blockRevokedAt(slug: string, jti: string): Promise<string | undefined> {
      const [row] = await revocation(queries, { slug, jti });
      return row && new Date(row.revoked_at).toISOString();
    },

    /** Idempotent: a repeat keeps the first time. */
    async revokeBlock(slug: string, jti: string): Promise<RevokedBlock> {
      const { revoked_at } = await queries
        .insertInto("revoked_blocks")
        .values({ project: slug, jti, revoked_at: now() })
        // A no-op update, so that the statement returns the existing row.
        .onConflict((conflict) => conflict.columns(["project", "jti"]).doUpdateSet({ jti }))
        .returning("revoked_at")
        .executeTakeFirstOrThrow();
      return { jti, revoked_at: new Date(revoked_at).toISOString() };
    },

    async revokedBlocks(slug: string): Promise<RevokedBlock[]> {
      const rows = await queries
        .selectFrom("revoked_blocks")
        .selectAll()
        .where("project", "=", slug)
        .orderBy("revoked_at")
        .execute();
      return rows.map(({ jti, revoked_at }) => ({
        jti,
        revoked_at: new Date(revoked_at).toISOString(),
      }));
    },
  };
}
