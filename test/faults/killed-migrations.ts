import { execFile } from "node:child_process";
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { promisify } from "node:util";
import { MIGRATIONS } from "../../server/database/migrate.ts";
import { openSqlite } from "../../server/database/sqlite.ts";
import { bundled } from "../bundled.ts";
import { NEXT_RELEASE } from "../server/database/next-release.ts";

const call = promisify(execFile);
const PROGRAM = join(import.meta.dirname, "../fixtures/open-database.ts");

/** What becomes of a database whose migration is killed. */
export interface KilledMigration {
  /** Statements that were executed before. */
  after: number;
  /** Why the next start did not open it, or what it lost; absent where all is well. */
  wrong?: string;
}

/**
 * Kills the migration of a new database, or of one of the release before, after so many different numbers of
 * statements, from none to all but the last, and opens it again each time.
 */
export async function killMigrations(
  kind: "first start" | "upgrade",
  moments: number,
): Promise<KilledMigration[]> {
  const folder = await mkdtemp(join(tmpdir(), "deferred-killed-"));
  try {
    const program = await bundled(PROGRAM, join(folder, "program"));
    const before = join(folder, "before.db");
    if (kind === "upgrade") await makeBefore(before);
    const release = kind === "upgrade" ? "next" : "this";
    const file = (name: string) => join(folder, `${name}.db`);
    const fresh = async (name: string) => {
      if (kind === "upgrade") await copyFile(before, file(name));
      return file(name);
    };
    const { stdout } = await call(process.execPath, [program, await fresh("counted"), release]);
    const statements = Number(stdout);
    const whole = await stateOf(file("counted"), release);

    const killed: KilledMigration[] = [];
    for (let moment = 0; moment < moments; moment++) {
      const after = Math.floor((moment * (statements - 1)) / (moments - 1));
      const path = await fresh(String(moment));
      const args = [program, path, release, String(after)];
      const ended = await call(process.execPath, args).catch((error: { signal?: string }) => error);
      if (!("signal" in ended) || ended.signal !== "SIGKILL") throw new Error("It was not killed.");
      const wrong = await stateOf(path, release).then(
        (state) => (state === whole ? undefined : `it is not as it should be:\n${state}`),
        (error: Error) => `${error.message} ${String(error.cause)}`,
      );
      killed.push(wrong === undefined ? { after } : { after, wrong });
    }
    return killed;
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function makeBefore(file: string): Promise<void> {
  const { queries, close } = await openSqlite(file);
  const projects = Array.from({ length: 500 }, (_, at) => ({ slug: `o/p${at}`, created_at: at }));
  await queries.insertInto("projects").values(projects).execute();
  await queries.insertInto("facts").values({ name: "kept", value: "all the time" }).execute();
  await close();
}

/** The schema of a database and what an owner would miss, once the next start has opened it. */
async function stateOf(file: string, release: "this" | "next"): Promise<string> {
  const { queries, close } = await openSqlite(file, {
    migrations: release === "next" ? NEXT_RELEASE : MIGRATIONS,
  });
  try {
    const read = async (text: string) => (await sql.raw(text).execute(queries)).rows;
    return JSON.stringify([
      await read("select name, sql from sqlite_schema order by name"),
      await read("select * from projects order by slug"),
      await read("select * from facts order by name"),
      await read("select name from kysely_migration order by name"),
    ]);
  } finally {
    await close();
  }
}
