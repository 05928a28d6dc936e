import type { Logger } from "pino";
import type { RunSummary } from "../../protocol/projects.ts";
import type { Database } from "../database/database.ts";
import { oneAtATime } from "../database/one-at-a-time.ts";
import { GitHubAppError } from "../projects/github/app-error.ts";
import type { GitHubToken } from "../projects/project-credentials.ts";
import type { Project, Projects } from "../projects/projects.ts";
import type { Sealing } from "../database/sealing.ts";
import type { RunRow } from "../runs/record.ts";
import { gitHubRepository, type GitHubRepository } from "../projects/github/repository.ts";
import { createStatusSender } from "./github-api.ts";
import { noticesOf } from "./list.ts";
import type { StoredMail } from "./mail.ts";
import type { Outcome } from "./outcome.ts";
import { createOutbox } from "./outbox.ts";
import { createOutgoingHooks } from "./outgoing-hooks.ts";
import type { PostOffice } from "./post-office.ts";
import { createSender, type NoticeRow, type SenderDeps } from "./sender.ts";

export type Notices = ReturnType<typeof createNotices>;

export interface NoticesDeps {
  database: Database;
  sealing: Sealing;
  projects: Pick<Projects, "find" | "writesStatuses" | "githubToken" | "forgetAppTokens">;
  summary: (row: RunRow) => Promise<RunSummary>;
  /** Absent: nobody is mailed. */
  postOffice: PostOffice | undefined;
  /** REST API of a GitHub Enterprise server. */
  gitHubApi: string | undefined;
  /** Whether webhooks may go to addresses that are not public. */
  allowPrivate: boolean;
  /** The server's public URL. */
  url: string;
  now: () => number;
  log: Logger;
  delays?: readonly number[] | undefined;
  onTried?: SenderDeps["onTried"];
}

const SWEEP_MS = 30_000;

/** Tells people and other systems how command runs go: mails, commit statuses, webhooks. */
export function createNotices(deps: NoticesDeps) {
  const { database, projects, postOffice, now, log } = deps;
  const hooks = createOutgoingHooks(deps);
  const sendStatus = createStatusSender(now);
  const changed = new Set<string>();
  let timer: NodeJS.Timeout | undefined;

  async function gitHub(project: Project): Promise<GitHubRepository | undefined> {
    const found = project.repository && gitHubRepository(project.repository, deps.gitHubApi);
    if (!found) return undefined;
    return (await projects.writesStatuses(project.slug)) ? found : undefined;
  }

  async function send(notice: NoticeRow, signal: AbortSignal): Promise<Outcome> {
    const project = await projects.find(notice.project);
    if (!project) return { kind: "never", answer: "The project was removed." };
    switch (notice.kind) {
      case "mail": {
        if (!postOffice) return { kind: "again", answer: "SMTP_URL is not set any more." };
        return postOffice.send(notice.id, JSON.parse(notice.body) as StoredMail);
      }
      case "hook":
        return hooks.send({ ...notice, hook: notice.hook! }, signal);
      case "commit_status":
        return sendCommitStatus(notice, project, signal);
      default:
        return notice.kind satisfies never;
    }
  }

  async function sendCommitStatus(
    { target, body }: NoticeRow,
    project: Project,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const gone = {
      kind: "never",
      answer: "The project has no token for this repository any more.",
    } as const;
    const repository = await gitHub(project);
    if (!repository || !target.startsWith(`${repository.name}@`)) return gone;
    let found: GitHubToken | undefined;
    try {
      found = await projects.githubToken(project.slug);
    } catch (error) {
      if (!(error instanceof GitHubAppError)) throw error;
      const { message: answer, afterMs, isTransient } = error;
      return isTransient ? { kind: "again", answer, afterMs } : { kind: "never", answer };
    }
    if (!found) return gone;
    const { token, ofApp } = found;
    const outcome = await sendStatus({ api: repository.api, token, target, body, signal });
    if (outcome.kind !== "never" || !outcome.tokenRefused || !ofApp) return outcome;
    projects.forgetAppTokens(project.slug);
    return { kind: "again", answer: "GitHub refused the App's token: another is asked for." };
  }

  const outbox = createOutbox({
    ...{ database, gitHub, hooks, now, url: deps.url, summary: deps.summary },
    project: projects.find,
    mails: postOffice !== undefined,
  });
  const sender = createSender({ ...deps, send });

  const make = oneAtATime(async () => {
    const runs = [...changed];
    changed.clear();
    let some = false;
    for (const run of runs) {
      try {
        const made = await outbox.notice(run);
        if (!made) continue;
        some ||= made.notices > 0;
        log.debug({ run, ...made }, "a run's state was told");
      } catch (error) {
        // The sweep comes back to it.
        log.error({ err: error, run }, "notices of a run could not be made");
      }
    }
    if (some) sender.kick();
  });
  const makeInBackground = () => void make().catch(() => {}); // Each failure was logged.

  async function sweep(): Promise<void> {
    for (const run of await outbox.unnoticed()) changed.add(run);
    if (changed.size > 0) makeInBackground();
    sender.kick();
  }
  const sweepInBackground = () => {
    sweep().catch((error: unknown) => log.error({ err: error }, "notices could not be swept"));
  };

  return {
    hooks,
    list: (slug: string, before?: string) => noticesOf(database.queries, slug, before),

    /** Called after each change of a run's state. */
    changed(row: RunRow): void {
      if (row.kind !== "command") return;
      changed.add(row.id);
      makeInBackground();
    },

    /** Takes up what an earlier process left. */
    begin(): void {
      sweepInBackground();
      timer = setInterval(sweepInBackground, SWEEP_MS).unref();
    },

    async close(): Promise<void> {
      clearInterval(timer);
      postOffice?.close();
      await make.idle();
      await sender.close();
    },
  };
}
