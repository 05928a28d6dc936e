import type { Logger } from "pino";
import type { Database, Queries } from "../database/database.ts";
import { oneAtATime } from "../database/one-at-a-time.ts";
import type { Project, Projects } from "../projects/projects.ts";
import type { Deliveries } from "./deliveries.ts";
import { remoteRefs, RepositoryAnswerError, type RemoteRef } from "./remote-refs.ts";

export interface LostPushesDeps {
  database: Database;
  projects: Pick<Projects, "list" | "forCommands" | "forgetAppTokens">;
  deliveries: Pick<Deliveries, "found">;
  allowPrivate: boolean;
  now: () => number;
  log: Logger;
}

const TICK_MS = 30_000;
/** Between two looks at one repository. */
const LOOK_MS = 10 * 60_000;
/** How long a new push is left to its webhook. */
const GRACE_MS = 60_000;
/** Most runs made by one look: a larger change of branches and tags is an import. */
const MAX_FOUND = 20;

/**
 * Finds pushes without a delivery: GitHub does not resend a failed one and sends none for more than three
 * tags at once, and GitLab sends none past its `push_event_hooks_limit`. Looks at the repositories of
 * projects that deliveries came for, at the start and every ten minutes.
 */
export function createLostPushes(deps: LostPushesDeps) {
  const { database, projects, deliveries, allowPrivate, now, log } = deps;
  const { queries } = database;
  const stopped = new AbortController();
  /** When each project is looked at next. */
  const nextAt = new Map<string, number>();
  /** When each unreported move was first seen, by project, ref and object. */
  let waiting = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;

  async function lookAt(project: Project): Promise<void> {
    const { slug, repository } = project;
    nextAt.set(slug, now() + LOOK_MS);
    if (repository === null || !/^https?:/.test(repository)) return;
    const rows = await queries
      .selectFrom("known_refs")
      .selectAll()
      .where("project", "=", slug)
      .execute();
    const [one] = rows;
    if (one === undefined) return;
    const credential = (await projects.forCommands(slug))?.credential;
    const basic = credential?.kind === "token" && `${credential.user}:${credential.token}`;
    const began = now();
    const refs = await remoteRefs({
      url: repository,
      authorization: basic ? `Basic ${Buffer.from(basic).toString("base64")}` : undefined,
      format: one.sha.length === 64 ? "sha256" : "sha1",
      allowPrivate,
      signal: stopped.signal,
    });
    const known = new Map(rows.map((row) => [row.ref, row]));
    const moved = [...refs].filter(([ref, { object, commit }]) => {
      const sha = known.get(ref)?.sha;
      return sha !== object && sha !== commit;
    });
    const isFirst = await isFirstLook(queries, slug);
    // Refs from before the first look may be years old.
    const fresh = moved.filter(([ref]) => !isFirst || known.has(ref));
    await recordLook(database, project, began, {
      added: moved.filter(([ref]) => isFirst && !known.has(ref)),
      gone: rows.filter(({ ref, moved_at }) => !refs.has(ref) && moved_at < began),
    });
    await tell(project, fresh, began);
  }

  /** Makes the runs of moves that have waited long enough for their webhook. */
  async function tell(
    project: Project,
    fresh: [string, RemoteRef][],
    began: number,
  ): Promise<void> {
    const of = `${project.slug} `;
    const still = new Map([...waiting].filter(([key]) => !key.startsWith(of)));
    let found = 0;
    for (const [ref, at] of fresh) {
      const key = `${of}${ref} ${at.object}`;
      const since = waiting.get(key) ?? began;
      if (began - since < GRACE_MS) {
        still.set(key, since);
        nextAt.set(project.slug, since + GRACE_MS);
        continue;
      }
      const isTooMany = found === MAX_FOUND;
      if (isTooMany) log.warn({ project: project.slug, ref }, "a push was found and makes no run");
      else found++;
      await deliveries.found(project, { ref, ...at, began, run: !isTooMany });
    }
    waiting = still;
  }

  const tick = oneAtATime(async () => {
    for (const project of await projects.list()) {
      if (stopped.signal.aborted || (nextAt.get(project.slug) ?? 0) > now()) continue;
      await lookAt(project).catch((error: unknown) => {
        if (stopped.signal.aborted) return;
        if (error instanceof RepositoryAnswerError && error.answered === 401) {
          projects.forgetAppTokens(project.slug);
        }
        log.info({ err: error, project: project.slug }, "a repository was not looked at");
      });
    }
  });

  return {
    tick,

    begin(): void {
      const look = () => {
        tick().catch((error: unknown) => log.error({ err: error }, "lost pushes were not sought"));
      };
      look();
      timer = setInterval(look, TICK_MS).unref();
    },

    async close(): Promise<void> {
      stopped.abort();
      clearInterval(timer);
      await tick.idle().catch(() => {});
    },
  };
}

async function isFirstLook(queries: Queries, slug: string): Promise<boolean> {
  const row = await queries
    .selectFrom("projects")
    .select("refs_seen_at")
    .where("slug", "=", slug)
    .executeTakeFirst();
  return row?.refs_seen_at === null;
}

/** Stores the refs of a first look, forgets deleted ones, and marks the project as looked at. */
async function recordLook(
  database: Database,
  { slug: project }: Project,
  began: number,
  { added, gone }: { added: [string, RemoteRef][]; gone: { ref: string }[] },
): Promise<void> {
  await database.write(async (trx) => {
    for (const [ref, { object }] of added) {
      await trx
        .insertInto("known_refs")
        .values({ project, ref, sha: object, before: null, moved_at: began })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    }
    for (const { ref } of gone) {
      await trx
        .deleteFrom("known_refs")
        .where("project", "=", project)
        .where("ref", "=", ref)
        .where("moved_at", "<", began)
        .execute();
    }
    await trx
      .updateTable("projects")
      .set({ refs_seen_at: began })
      .where("slug", "=", project)
      .execute();
  });
}
