import type { KeyView, PublicJwk, RevokedBlock } from "../../protocol/requests.ts";
import { algorithmOf, isUsable, published, thumbprint } from "../blocks/keys.ts";
import type { BlockKey } from "../blocks/verify.ts";
import type { Database } from "../database/database.ts";
import { sha256 } from "../ids.ts";
import { bearer } from "../bearer.ts";
import { ProblemError } from "../problem.ts";

export type Projects = ReturnType<typeof createProjects>;

/** Projects, their keys, and the API tokens of their owners. */
export function createProjects({ database, now }: { database: Database; now: () => number }) {
  const { queries } = database;

  return {
    /** Makes the project, and lets `token` act for every one; harmless where both exist. */
    async ensure(slug: string, token: { secret: string; label: string }): Promise<void> {
      await queries
        .insertInto("projects")
        .values({
          slug,
          created_at: now(),
          repository: null,
          default_branch: null,
          removed_at: null,
        })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
      await queries
        .insertInto("api_tokens")
        .values({
          hash: sha256(token.secret),
          project: null,
          label: token.label,
          created_at: now(),
        })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    },

    /** Throws unless the bearer may act for the project. */
    async authorize(authorization: string | undefined, slug: string): Promise<void> {
      const token = bearer(authorization);
      if (token === undefined) throw new ProblemError("token_missing");
      const found = await queries
        .selectFrom("api_tokens")
        .select("project")
        .where("hash", "=", sha256(token))
        .executeTakeFirst();
      if (!found) throw new ProblemError("token_wrong");
      const project = await queries
        .selectFrom("projects")
        .select("slug")
        .where("slug", "=", found.project ?? slug)
        .where("removed_at", "is", null)
        .executeTakeFirst();
      if (project?.slug !== slug) throw new ProblemError("project_not_found");
    },

    /** Whether the bearer's token acts for every project. Throws `token_missing`. */
    async actsForAll(authorization: string | undefined): Promise<boolean> {
      const token = bearer(authorization);
      if (token === undefined) throw new ProblemError("token_missing");
      const found = await queries
        .selectFrom("api_tokens")
        .select("project")
        .where("hash", "=", sha256(token))
        .executeTakeFirst();
      return found?.project === null;
    },

    /** Whether anybody may read what is the project's. */
    async isPublic(slug: string): Promise<boolean> {
      const project = await queries
        .selectFrom("projects")
        .select("settings")
        .where("slug", "=", slug)
        .where("removed_at", "is", null)
        .executeTakeFirst();
      return (
        project !== undefined &&
        (JSON.parse(project.settings) as { public?: boolean }).public === true
      );
    },

    async addKey(slug: string, jwk: PublicJwk, label: string | null): Promise<KeyView> {
      if (!(await isUsable(jwk))) throw new ProblemError("key_unusable");
      const kid = await thumbprint(jwk);
      const created = await queries
        .insertInto("keys")
        .values({
          project: slug,
          kid,
          jwk: JSON.stringify(jwk),
          label,
          created_at: now(),
          revoked_at: null,
        })
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst();
      if (created.numInsertedOrUpdatedRows === 0n) throw new ProblemError("key_exists");
      return (await this.keys(slug)).find((key) => key.kid === kid)!;
    },

    async keys(slug: string): Promise<KeyView[]> {
      const rows = await queries
        .selectFrom("keys")
        .selectAll()
        .where("project", "=", slug)
        .orderBy("created_at")
        .execute();
      return rows.map((row) => ({
        kid: row.kid,
        label: row.label,
        algorithm: algorithmOf(JSON.parse(row.jwk) as PublicJwk),
        created_at: new Date(row.created_at).toISOString(),
        revoked_at: row.revoked_at === null ? null : new Date(row.revoked_at).toISOString(),
      }));
    },

    /** The keys that may sign for the project, for anybody. Throws `project_not_found`. */
    async publicKeys(slug: string): Promise<{ keys: object[] }> {
      const project = await queries
        .selectFrom("projects")
        .select("slug")
        .where("slug", "=", slug)
        .executeTakeFirst();
      if (!project) throw new ProblemError("project_not_found");
      const rows = await queries
        .selectFrom("keys")
        .select(["kid", "jwk"])
        .where("project", "=", slug)
        .where("revoked_at", "is", null)
        .orderBy("created_at")
        .execute();
      return { keys: rows.map(({ kid, jwk }) => published(JSON.parse(jwk) as PublicJwk, kid)) };
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
      const key = (await this.keys(slug)).find((one) => one.kid === kid);
      if (!key) throw new ProblemError("key_not_found");
      return key;
    },

    /** From now on, the block is refused. A repeat changes nothing. */
    async revokeBlock(slug: string, jti: string): Promise<RevokedBlock> {
      await queries
        .insertInto("revoked_blocks")
        .values({ project: slug, jti, revoked_at: now() })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
      return { jti, revoked_at: (await this.blockRevokedAt(slug, jti))! };
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

    async blockRevokedAt(slug: string, jti: string): Promise<string | undefined> {
      const row = await queries
        .selectFrom("revoked_blocks")
        .select("revoked_at")
        .where("project", "=", slug)
        .where("jti", "=", jti)
        .executeTakeFirst();
      return row && new Date(row.revoked_at).toISOString();
    },

    /** The key by which a project's block is checked: by both names, never by `kid` alone. */
    async findKey(slug: string, kid: string): Promise<BlockKey | undefined> {
      const row = await queries
        .selectFrom("keys")
        .select(["jwk", "revoked_at"])
        .where("project", "=", slug)
        .where("kid", "=", kid)
        .executeTakeFirst();
      if (!row) return undefined;
      return {
        jwk: JSON.parse(row.jwk) as PublicJwk,
        revokedAt: row.revoked_at === null ? null : new Date(row.revoked_at).toISOString(),
      };
    },
  };
}
