import { fromJson } from "../database/json.ts";
import { sql } from "kysely";
import type { RunState } from "../../protocol/run.ts";
import type { OutgoingBodySchema, RunSummary } from "../../protocol/projects.ts";
import { isEnded } from "../../protocol/run.ts";
import { pagePaths } from "../../protocol/paths.ts";
import type { InferOutput } from "valibot";
import type { Database, Trx } from "../database/database.ts";
import { newId } from "../database/ids.ts";
import { stateLine } from "../runs/state-line.ts";
import type { Project } from "../projects/projects.ts";
import type { RunRow } from "../runs/record.ts";
import type { GitHubRepository } from "../projects/github/repository.ts";
import { statusBody, statusState } from "./commit-status.ts";
import { draftsFor, type Draft, type DraftFacts } from "./drafts.ts";
import { composeMail } from "./mail.ts";
import { mailAddress } from "./mail-address.ts";
import type { OutgoingHooks } from "./outgoing-hooks.ts";
import { commitOfRun, isStranger, lastWords, namedCommit, stateBefore } from "./run-facts.ts";

export interface OutboxDeps {
  database: Database;
  project: (slug: string) => Promise<Project | undefined>;
  /** Where the project may write commit statuses; undefined where it may not. */
  gitHub: (project: Project) => Promise<GitHubRepository | undefined>;
  hooks: OutgoingHooks;
  summary: (row: RunRow) => Promise<RunSummary>;
  /** Whether there is a mail server. */
  mails: boolean;
  /** The server's public URL. */
  url: string;
  now: () => number;
}

type Body = { draft: Draft; body: string };

/**
 * Writes down whom a run's states are told to. A state and its notices are put on record together, so
 * that a crash loses none and makes none twice.
 */
export function createOutbox(deps: OutboxDeps) {
  const { database, now } = deps;
  const { queries } = database;

  async function factsOf(row: RunRow, project: Project): Promise<DraftFacts> {
    const commit = await commitOfRun(queries, row);
    const named = namedCommit(row);
    const gitHub = named && (await deps.gitHub(project));
    const { watchers, mail_author: toAuthor } = project.settings;
    const author = toAuthor ? mailAddress(commit?.author_email ?? "") : undefined;
    return {
      state: row.state,
      trigger: row.trigger ?? "",
      attempt: row.attempt,
      noticed: row.noticed,
      stranger: isStranger(row),
      statusTarget: gitHub && `${gitHub.name}@${named}`,
      statusState: statusState(row.state),
      hooks: await deps.hooks.list(project.slug),
      mail:
        deps.mails && isEnded(row.state)
          ? {
              author,
              watchers: watchers.flatMap((watcher) => mailAddress(watcher) ?? []),
              before: await stateBefore(queries, row),
            }
          : undefined,
    };
  }

  async function bodyOf(draft: Draft, row: RunRow): Promise<string> {
    const runUrl = deps.url + pagePaths.run(row.project, row.id);
    switch (draft.kind) {
      case "commit_status":
        return JSON.stringify(statusBody(row.state, statusWords(row), runUrl));
      case "hook":
        return JSON.stringify(await hookBody(draft.what, row));
      case "mail": {
        const commit = await commitOfRun(queries, row);
        const mail = await composeMail(draft.target, {
          project: row.project,
          what: draft.what,
          title: row.title ?? "",
          ref: row.ref,
          commit: commit && { sha: commit.sha, author: commit.author_name ?? "" },
          ending: fromJson(row.ending!),
          ...(await lastWords(queries, row)),
          runUrl,
          projectUrl: deps.url + pagePaths.project(row.project),
          because: draft.because,
        });
        return JSON.stringify(mail);
      }
      default:
        return draft satisfies never;
    }
  }

  async function hookBody(
    type: "run.started" | "run.ended",
    row: RunRow,
  ): Promise<InferOutput<typeof OutgoingBodySchema>> {
    const moment = type === "run.ended" ? row.ended_at : row.started_at;
    return {
      type,
      timestamp: new Date(moment ?? now()).toISOString(),
      data: {
        project: row.project,
        run: await deps.summary(row),
        state: type === "run.ended" && isEnded(row.state) ? row.state : undefined,
      },
    };
  }

  async function store(trx: Trx, row: RunRow, bodies: Body[]): Promise<void> {
    for (const [index, { draft, body }] of bodies.entries()) {
      const stored = await trx
        .insertInto("notices")
        .values({
          id: newId(),
          project: row.project,
          run: row.id,
          kind: draft.kind,
          target: draft.target,
          what: draft.what,
          hook: draft.kind === "hook" ? draft.hook : null,
          body,
          // In their order: what began is told before what ended.
          created_at: now() + index,
          next_at: now(),
          tries: 0,
          sent_at: null,
          answer: null,
        })
        .onConflict((conflict) => conflict.doNothing())
        .returning("id")
        .executeTakeFirst();
      if (stored && draft.kind === "commit_status") await overtake(trx, stored.id, draft.target);
    }
  }

  /** Only a commit's last state is worth telling. */
  async function overtake(trx: Trx, id: string, target: string): Promise<void> {
    await trx
      .updateTable("notices")
      .set({ next_at: null, answer: "A later state took its place before it was sent." })
      .where("kind", "=", "commit_status")
      .where("target", "=", target)
      .where("id", "<>", id)
      .where("next_at", "is not", null)
      .execute();
  }

  return {
    /** Makes the notices of a run's state and says how many; undefined where that was done. */
    async notice(run: string): Promise<{ state: RunState; notices: number } | undefined> {
      const row = await queries
        .selectFrom("runs")
        .selectAll()
        .where("id", "=", run)
        .where("kind", "=", "command")
        .executeTakeFirst();
      if (!row || row.noticed === row.state) return undefined;
      const project = await deps.project(row.project);
      const drafts = project ? draftsFor(await factsOf(row, project)) : [];
      const told = { noticed: row.state };
      if (drafts.length === 0) {
        // Should a power cut lose this, it is found out again.
        await database.writeUnsynced((light) =>
          light.updateTable("runs").set(told).where("id", "=", run).execute(),
        );
        return { state: row.state, notices: 0 };
      }
      const bodies = await Promise.all(
        drafts.map(async (draft) => ({ draft, body: await bodyOf(draft, row) })),
      );
      return database.write(async (trx) => {
        const taken = await trx
          .updateTable("runs")
          .set(told)
          .where("id", "=", run)
          .where((where) =>
            where.or([where("noticed", "is", null), where("noticed", "<>", row.state)]),
          )
          .executeTakeFirst();
        if (taken.numUpdatedRows === 0n) return undefined;
        await store(trx, row, bodies);
        return { state: row.state, notices: bodies.length };
      });
    },

    /** Runs whose last state was not told: what a crash left, or what changed meanwhile. */
    async unnoticed(): Promise<string[]> {
      const rows = await queries
        .selectFrom("runs")
        .select("id")
        // As in the index of such runs, which SQLite uses only then.
        .where(sql<boolean>`kind = 'command' and noticed is not state`)
        .limit(200)
        .execute();
      return rows.map(({ id }) => id);
    },
  };
}

function statusWords(row: RunRow): string {
  if (row.ending === null) return "The run is waiting or under way.";
  const ending = fromJson(row.ending);
  const state: RunState = row.state;
  const line = stateLine({
    ...{ state, attempt: row.attempt, maxAttempts: row.max_attempts, behind: false, ending },
  });
  return line.note ? `${line.text} ${line.note}` : line.text;
}
