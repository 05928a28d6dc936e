import { sql } from "kysely";
import type { Migration } from "kysely/migration";

/** Lists of blocks with their counts, which outlive the runs, and titles of block runs for lists of runs. */
export const blockCounts: Migration = {
  async up(db) {
    await sql`alter table registered_blocks add column title text not null default ''`.execute(db);
    await sql`alter table registered_blocks add column runtime text not null default ''`.execute(
      db,
    );
    for (const column of ["runs", "failures", "readers", "last_run_at"]) {
      await sql`alter table registered_blocks add column ${sql.ref(column)} bigint not null default 0`.execute(
        db,
      );
    }
    const blocks = await sql<{ project: string; id: string; token: string; code: string }>`
      select project, id, token, code from registered_blocks`.execute(db);
    for (const { project, id, token, code } of blocks.rows) {
      const payload = Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8");
      const { title, runtime } = JSON.parse(payload) as { title?: string; runtime: string };
      const shown = title?.trim() || code.split("\n", 1)[0]!.trim().slice(0, 200);
      await sql`update registered_blocks set title = ${shown || `${runtime} block`}, runtime = ${runtime}
        where project = ${project} and id = ${id}`.execute(db);
    }
    await sql`update registered_blocks
      set runs = counted.runs, failures = counted.failures, readers = counted.runs, last_run_at = counted.last_run_at
      from (
        select block_digest, count(*) as runs, max(created_at) as last_run_at,
          sum(state in ('failed', 'timed_out', 'killed', 'errored')) as failures
        from runs where kind = 'block' group by block_digest
      ) as counted
      where counted.block_digest = registered_blocks.digest`.execute(db);
    await sql`update runs set trigger = 'reader', title = coalesce(
        (select registered_blocks.title from registered_blocks where digest = block_digest),
        runtime || ' block')
      where kind = 'block'`.execute(db);
    await sql`create index registered_blocks_by_last_run
      on registered_blocks (project, last_run_at, created_at, id)`.execute(db);
  },
};
