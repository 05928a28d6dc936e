import { sql } from "kysely";
import type { Migration } from "kysely/migration";

/** Roles of users in projects, invitations to them, and API tokens of users. */
export const members: Migration = {
  async up(db) {
    await sql`create table members (
      project text not null references projects (slug),
      "user" text not null references users (id) on delete cascade,
      role text not null,
      since bigint not null,
      primary key (project, "user")
    )`.execute(db);
    await sql`create index members_by_user on members ("user")`.execute(db);
    await sql`create table invitations (
      id text primary key,
      hash text not null unique,
      project text not null references projects (slug),
      role text not null,
      invited_by text not null,
      expires_at bigint not null
    )`.execute(db);
    await sql`create index invitations_of_project on invitations (project)`.execute(db);
    await sql`alter table api_tokens add column "user" text references users (id) on delete cascade`.execute(
      db,
    );
    await sql`create index api_tokens_of_user on api_tokens ("user")`.execute(db);
  },
};
