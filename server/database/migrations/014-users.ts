import { sql } from "kysely";
import type { Migration } from "kysely/migration";
import { newId } from "../ids.ts";

/** People: how they sign in, and the links that mails bring them. Sessions that exist are the owner's. */
export const users: Migration = {
  async up(db) {
    await sql`create table users (
      id text primary key,
      email text unique,
      email_verified_at bigint,
      name text not null,
      password text,
      owner bigint not null,
      created_at bigint not null
    )`.execute(db);
    await sql`create unique index user_that_owns on users (owner) where owner = 1`.execute(db);
    await sql`create table identities (
      provider text not null,
      subject text not null,
      "user" text not null references users (id) on delete cascade,
      login text not null,
      created_at bigint not null,
      primary key (provider, subject)
    )`.execute(db);
    await sql`create index identities_of_user on identities ("user")`.execute(db);
    await sql`create table passkeys (
      id text primary key,
      "user" text not null references users (id) on delete cascade,
      public_key text not null,
      counter bigint not null,
      transports text not null,
      name text not null,
      created_at bigint not null,
      used_at bigint
    )`.execute(db);
    await sql`create index passkeys_of_user on passkeys ("user")`.execute(db);
    await sql`create table user_links (
      hash text primary key,
      purpose text not null,
      "user" text references users (id) on delete cascade,
      email text not null,
      back text,
      expires_at bigint not null
    )`.execute(db);
    await sql`create index user_links_by_email on user_links (email, purpose)`.execute(db);
    const sessions = await sql`select 1 from sessions limit 1`.execute(db);
    if (sessions.rows.length === 0) return;
    const id = newId();
    await sql`insert into users (id, name, owner, created_at)
      values (${id}, 'Owner', 1, (select min(created_at) from sessions))`.execute(db);
    await sql`update sessions set "user" = ${id} where "user" is null`.execute(db);
  },
};
