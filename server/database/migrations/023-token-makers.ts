import { sql } from "kysely";
import type { Migration } from "kysely/migration";

/** The users who made API tokens of projects, which end with their maker's right to make them. */
export const tokenMakers: Migration = {
  async up(db) {
    await sql`alter table api_tokens add column made_by text references users (id) on delete cascade`.execute(
      db,
    );
    await sql`create index api_tokens_by_maker on api_tokens (made_by)`.execute(db);
  },
};
