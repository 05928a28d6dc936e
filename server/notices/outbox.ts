import { sql } from "kysely";
import type { RunState } from "../../protocol/run.ts";
import type { Database, Queries, Trx } from "../database/database.ts";
import { newId } from "../database/ids.ts";
import type { Project } from "../projects/projects.ts";
import type { RunRow } from "../runs/record.ts";
import type { Channel, Draft } from "./channels/channel.ts";

export interface OutboxDeps {
  database: Database;
  channels: readonly Channel[];
  project: (slug: string) => Promise<Project | undefined>;
  now: () => number;
}

type DraftOf = { channel: Channel; draft: Draft };

/**
 * Records the notices of a run's states. A state and its notices are recorded in one transaction, so a
 * crash loses none and doubles none.
 */
export function createOutbox({ database, channels, project, now }: OutboxDeps) {
  const { queries } = database;

  async function draftsOf(row: RunRow): Promise<DraftOf[]> {
    const found = await project(row.project);
    if (!found) return [];
    const drafts = channels.map(async (channel) =>
      (await channel.drafts(row, found)).map((draft) => ({ channel, draft })),
    );
    return (await Promise.all(drafts)).flat();
  }

  return {
    /** Makes the notices of a run's state and counts them; undefined where that was done already. */
    async notice(run: string): Promise<{ state: RunState; notices: number } | undefined> {
      const row = await queries
        .selectFrom("runs")
        .selectAll()
        .where("id", "=", run)
        .where("kind", "=", "command")
        .executeTakeFirst();
      if (!row || row.noticed === row.state) return undefined;
      const drafts = await draftsOf(row);
      const { state } = row;
      if (drafts.length === 0) {
        // Unsynced: if a power cut loses this, the sweep finds it again.
        await database.writeUnsynced((light) => markNoticed(light, run, state));
        return { state, notices: 0 };
      }
      return database.write(async (trx) => {
        if (!(await markNoticed(trx, run, state))) return undefined;
        await storeDrafts(trx, row, drafts, now());
        return { state, notices: drafts.length };
      });
    },

    /** Runs whose last state has no notices yet, after a crash or a change meanwhile. */
    async unnoticed(): Promise<string[]> {
      const rows = await queries
        .selectFrom("runs")
        .select("id")
        // Written and ordered as in the index of such runs, because SQLite uses it only then.
        .where(sql<boolean>`kind = 'command' and noticed is not state`)
        .orderBy("id")
        .limit(200)
        .execute();
      return rows.map(({ id }) => id);
    },
  };
}

/** False where it was marked already. */
async function markNoticed(queries: Queries, run: string, state: RunState): Promise<boolean> {
  const marked = await queries
    .updateTable("runs")
    .set({ noticed: state })
    .where("id", "=", run)
    .where((where) => where.or([where("noticed", "is", null), where("noticed", "<>", state)]))
    .executeTakeFirst();
  return marked.numUpdatedRows > 0n;
}

/** Skips drafts that exist already. */
async function storeDrafts(
  trx: Trx,
  { project, id: run }: RunRow,
  drafts: readonly DraftOf[],
  now: number,
): Promise<void> {
  for (const [index, { channel, draft }] of drafts.entries()) {
    const { target, what, hook = null, body } = draft;
    const stored = await trx
      .insertInto("notices")
      .values({
        id: newId(),
        project,
        run,
        kind: channel.kind,
        target,
        what,
        hook,
        body,
        // Keeps their order: a run's start is reported before its end.
        created_at: now + index,
        next_at: now,
        tries: 0,
        sent_at: null,
        answer: null,
      })
      .onConflict((conflict) => conflict.doNothing())
      .returning("id")
      .executeTakeFirst();
    if (stored && channel.keepsLatest) await supersede(trx, stored.id, channel.kind, target);
  }
}

async function supersede(trx: Trx, id: string, kind: string, target: string): Promise<void> {
  await trx
    .updateTable("notices")
    .set({ next_at: null, answer: "A later state took its place before it was sent." })
    .where("kind", "=", kind)
    .where("target", "=", target)
    .where("id", "<>", id)
    .where("next_at", "is not", null)
    .execute();
}
