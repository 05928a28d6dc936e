import { sql } from "kysely";

export const projectsTables = [
  sql`create table facts (name text primary key, value text not null)`,
  sql`create table projects (
    slug text primary key,
    created_at bigint not null,
    repository text,
    default_branch text,
    settings text not null default '{}',
    removed_at bigint
  )`,
  sql`create table api_tokens (
    hash text primary key,
    project text references projects (slug),
    label text not null,
    created_at bigint not null
  )`,
  sql`create table keys (
    project text not null references projects (slug),
    kid text not null,
    jwk text not null,
    label text,
    created_at bigint not null,
    revoked_at bigint,
    primary key (project, kid)
  )`,
  sql`create table revoked_blocks (
    project text not null references projects (slug),
    jti text not null,
    revoked_at bigint not null,
    primary key (project, jti)
  )`,
  sql`create table project_secrets (
    project text not null references projects (slug),
    kind text not null,
    name text not null,
    sealed text not null,
    set_at bigint not null,
    primary key (project, kind, name)
  )`,
  sql`create table sessions (
    hash text primary key,
    created_at bigint not null,
    expires_at bigint not null
  )`,
  sql`create table sign_in_links (hash text primary key, expires_at bigint not null)`,
];
