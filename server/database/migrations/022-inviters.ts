import { sql } from "kysely";
import type { Migration } from "kysely/migration";

/** Which user made an invitation: it ends with their right to invite. */
export const inviters: Migration = {
  async up(db) {
    await sql`alter table invitations add column "user" text references users (id) on delete cascade`.execute(
      db,
    );
    await sql`create index invitations_of_user on invitations ("user")`.execute(db);
  },
};
