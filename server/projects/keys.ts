import { fromJson, toJson } from "../database/json.ts";
import type { KeyView, PublicJwk, RevokedBlock } from "../../protocol/requests.ts";
import { algorithmOf, isUsable, published, thumbprint } from "../../blocks/keys.ts";
import type { BlockKey } from "../../blocks/verify.ts";
import type { Queries } from "../database/database.ts";
import { ApiError } from "../../protocol/deferred-error.ts";

/** The keys that sign for projects, and the blocks that were taken back. */
export function createKeys(queries: Queries, now: () => number) {
  async function keys(slug: string): Promise<KeyView[]> {
    const rows = await queries
      .selectFrom("keys")
      .selectAll()
      .where("project", "=", slug)
      .orderBy("created_at")
      .execute();
    return rows.map((row) => ({
      kid: row.kid,
      label: row.label,
      algorithm: algorithmOf(fromJson(row.jwk)),
      created_at: new Date(row.created_at).toISOString(),
      revoked_at: row.revoked_at === null ? null : new Date(row.revoked_at).toISOString(),
    }));
  }

  async function blockRevokedAt(slug: string, jti: string): Promise<string | undefined> {
    const row = await queries
      .selectFrom("revoked_blocks")
      .select("revoked_at")
      .where("project", "=", slug)
      .where("jti", "=", jti)
      .executeTakeFirst();
    return row && new Date(row.revoked_at).toISOString();
  }

  return {
    keys,
    blockRevokedAt,

    async addKey(slug: string, jwk: PublicJwk, label: string | null): Promise<KeyView> {
      if (!(await isUsable(jwk))) throw new ApiError("key_unusable");
      const kid = await thumbprint(jwk);
      const created = await queries
        .insertInto("keys")
        .values({
          project: slug,
          kid,
          jwk: toJson(jwk),
          label,
          created_at: now(),
          revoked_at: null,
        })
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst();
      if (created.numInsertedOrUpdatedRows === 0n) throw new ApiError("key_exists");
      return (await keys(slug)).find((key) => key.kid === kid)!;
    },

    /** The keys that may sign for the project, for anybody. Throws `project_not_found`. */
    async publicKeys(slug: string): Promise<{ keys: object[] }> {
      const project = await queries
        .selectFrom("projects")
        .select("slug")
        .where("slug", "=", slug)
        .where("removed_at", "is", null)
        .executeTakeFirst();
      if (!project) throw new ApiError("project_not_found");
      const rows = await queries
        .selectFrom("keys")
        .select(["kid", "jwk"])
        .where("project", "=", slug)
        .where("revoked_at", "is", null)
        .orderBy("created_at")
        .execute();
      return { keys: rows.map(({ kid, jwk }) => published(fromJson(jwk), kid)) };
    },

    /** From now on, blocks the key signed are refused. A repeat changes nothing. */
    async revokeKey(slug: string, kid: string): Promise<KeyView> {
      await queries
        .updateTable("keys")
        .set({ revoked_at: now() })
        .where("project", "=", slug)
        .where("kid", "=", kid)
        .where("revoked_at", "is", null)
        .execute();
      const key = (await keys(slug)).find((one) => one.kid === kid);
      if (!key) throw new ApiError("key_not_found");
      return key;
    },

    /** From now on, the block is refused. A repeat changes nothing. */
    async revokeBlock(slug: string, jti: string): Promise<RevokedBlock> {
      await queries
        .insertInto("revoked_blocks")
        .values({ project: slug, jti, revoked_at: now() })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
      return { jti, revoked_at: (await blockRevokedAt(slug, jti))! };
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

    /**
     * The key by which a project's block is checked: by both names, never by `kid` alone. A project that
     * was removed has none.
     */
    async findKey(slug: string, kid: string): Promise<BlockKey | undefined> {
      const row = await queries
        .selectFrom("keys")
        .innerJoin("projects", "projects.slug", "keys.project")
        .select(["keys.jwk", "keys.revoked_at"])
        .where("keys.project", "=", slug)
        .where("keys.kid", "=", kid)
        .where("projects.removed_at", "is", null)
        .executeTakeFirst();
      if (!row) return undefined;
      return {
        jwk: fromJson(row.jwk),
        revokedAt: row.revoked_at === null ? null : new Date(row.revoked_at).toISOString(),
      };
    },
  };
}
