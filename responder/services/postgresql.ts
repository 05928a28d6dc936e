import { existsSync, readdirSync } from "node:fs";
import type { Service } from "./service.ts";

const VERSIONS = "/usr/lib/postgresql";
const URL = "postgresql://postgres@127.0.0.1:5432/postgres";

/** Its data lasts as long as the run, so nothing is flushed to disk. */
export const postgresql: Service = {
  name: "postgresql",
  title: "PostgreSQL",
  port: 5432,
  find(wanted) {
    if (!existsSync(VERSIONS)) return undefined;
    const isWanted = (version: string) => version === wanted?.split(".")[0];
    return readdirSync(VERSIONS)
      .toSorted((a, b) => Number(isWanted(b)) - Number(isWanted(a)) || Number(b) - Number(a))
      .map((version) => `${VERSIONS}/${version}/bin`)
      .find((folder) => existsSync(`${folder}/initdb`) && existsSync(`${folder}/postgres`));
  },
  version: (programs) => [`${programs}/postgres`, "--version"],
  prepare: (programs, { folder }) => [
    [
      `${programs}/initdb`,
      ...["-D", `${folder}/data`, "-U", "postgres", "-A", "trust", "-E", "UTF8"],
      ...["--no-sync", "--no-instructions", "--no-locale", "--wal-segsize=4"],
    ],
  ],
  start: (programs, { folder }) => [
    `${programs}/postgres`,
    ...["-D", `${folder}/data`, "-k", folder, "-h", "127.0.0.1", "-p", "5432"],
    ...["-F", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"],
    ...["-c", "max_connections=100", "-c", "shared_buffers=64MB", "-c", "autovacuum=off"],
  ],
  ping: (programs) => [`${programs}/pg_isready`, "-q", "-h", "127.0.0.1", "-p", "5432"],
  variables: () => ({
    DATABASE_URL: URL,
    PGHOST: "127.0.0.1",
    PGPORT: "5432",
    PGUSER: "postgres",
    PGDATABASE: "postgres",
  }),
};
