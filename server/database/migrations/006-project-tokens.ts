import { sql } from "kysely";
import type { Migration } from "kysely/migration";

/** API tokens of one project: an id to revoke each by, its scope, when it expires and when it was last used. */
export const projectTokens: Migration = {
  async up(db) {
    for (const column of ["id text", "scope text", "expires_at bigint", "used_at bigint"]) {
      await sql`alter table api_tokens add column ${sql.raw(column)}`.execute(db);
    }
    await sql`create unique index api_token_by_id on api_tokens (id)`.execute(db);
    await sql`create index api_tokens_of_project on api_tokens (project)`.execute(db);
  },
};
