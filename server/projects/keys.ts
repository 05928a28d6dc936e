import type { Selectable } from "kysely";
import { algorithmOf, isUsable, published, thumbprint } from "../../blocks/keys.ts";
import type { BlockKey } from "../../blocks/verify.ts";
import type { Actor } from "../../protocol/actors.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import type { KeyView, PublicJwk } from "../../protocol/requests.ts";
import type { Queries } from "../database/database.ts";
import { findProjectRow } from "../database/find-project.ts";
import { fromJson, toJson } from "../database/json.ts";
import { prepared } from "../database/prepared.ts";
import type { Tables } from "../database/schema.ts";

type KeyRow = Selectable<Tables["keys"]>;

const keyOfProject = prepared((queries, { slug, kid }: { slug: string; kid: string }) =>
  queries
    .selectFrom("keys")
    .innerJoin("projects", "projects.slug", "keys.project")
    .select(["keys.jwk", "keys.revoked_at"])
    .where("keys.project", "=", slug)
    .where("keys.kid", "=", kid)
    .where("projects.removed_at", "is", null),
);

/** The keys that sign for projects. A key is found by project and `kid`, never by `kid` alone. */
export function createKeys(queries: Queries, now: () => number) {
  return {
    async keys(slug: string): Promise<KeyView[]> {
      const rows = await queries
        .selectFrom("keys")
        .selectAll()
        .where("project", "=", slug)
        .orderBy("created_at")
        .execute();
      return rows.map(keyView);
    },

    /** Throws `key_unusable` or `key_exists`. */
    async addKey(
      slug: string,
      jwk: PublicJwk,
      label: string | null,
      /** Absent: the server. */
      by?: Actor,
    ): Promise<KeyView> {
      if (!(await isUsable(jwk))) throw new ApiError("key_unusable");
      const created = await queries
        .insertInto("keys")
        .values({
          project: slug,
          kid: await thumbprint(jwk),
          jwk: toJson(jwk),
          label,
          created_at: now(),
          added_by: by ? toJson(by) : null,
          revoked_at: null,
        })
        .onConflict((conflict) => conflict.doNothing())
        .returningAll()
        .executeTakeFirst();
      if (!created) throw new ApiError("key_exists");
      return keyView(created);
    },

    /** The project's public keys that are not revoked. Throws `project_not_found`. */
    async publicKeys(slug: string): Promise<{ keys: object[] }> {
      if (!(await findProjectRow(queries, slug))) throw new ApiError("project_not_found");
      const rows = await queries
        .selectFrom("keys")
        .select(["kid", "jwk"])
        .where("project", "=", slug)
        .where("revoked_at", "is", null)
        .orderBy("created_at")
        .execute();
      return { keys: rows.map(({ kid, jwk }) => published(fromJson(jwk), kid)) };
    },

    /** Revokes a key: its blocks are refused from now on. Idempotent. Throws `key_not_found`. */
    async revokeKey(slug: string, kid: string, by: Actor): Promise<KeyView> {
      const key = await queries
        .updateTable("keys")
        .set(({ eb, fn, val }) => ({
          revoked_at: fn.coalesce("revoked_at", val(now())),
          // Of a key that was revoked before this was recorded it stays unknown.
          revoked_by: eb
            .case()
            .when("revoked_at", "is", null)
            .then(val(toJson(by)))
            .else(eb.ref("revoked_by"))
            .end(),
        }))
        .where("project", "=", slug)
        .where("kid", "=", kid)
        .returningAll()
        .executeTakeFirst();
      if (!key) throw new ApiError("key_not_found");
      return keyView(key);
    },

    /** The key that a block is verified with. A removed project has none. */
    async findKey(slug: string, kid: string): Promise<BlockKey | undefined> {
      const [row] = await keyOfProject(queries, { slug, kid });
      return row && { jwk: fromJson(row.jwk), revokedAt: revokedAt(row) };
    },
  };
}

function keyView(row: KeyRow): KeyView {
  return {
    kid: row.kid,
    label: row.label,
    algorithm: algorithmOf(fromJson(row.jwk)),
    created_at: new Date(row.created_at).toISOString(),
    added_by: fromJson(row.added_by) ?? null,
    revoked_at: revokedAt(row),
    ...(row.revoked_by !== null && { revoked_by: fromJson(row.revoked_by) }),
  };
}

function revokedAt({ revoked_at: at }: Pick<KeyRow, "revoked_at">): string | null {
  return at === null ? null : new Date(at).toISOString();
}
