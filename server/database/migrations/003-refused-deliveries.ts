import { sql } from "kysely";
import type { Migration } from "kysely/migration";

/** Webhooks whose signature was missing or wrong: counted, never stored. */
export const refusedDeliveries: Migration = {
  async up(db) {
    await sql`create table refused_deliveries (
      project text not null references projects (slug),
      provider text not null,
      code text not null,
      count integer not null,
      first_at bigint not null,
      last_at bigint not null,
      primary key (project, provider, code)
    )`.execute(db);
  },
};
