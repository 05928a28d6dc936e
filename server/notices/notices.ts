import type { Logger } from "pino";
import type { RunSummary } from "../../protocol/projects.ts";
import type { Database } from "../database/database.ts";
import { oneAtATime } from "../database/one-at-a-time.ts";
import type { Projects } from "../projects/projects.ts";
import type { Sealing } from "../database/sealing.ts";
import type { RunRow } from "../runs/record.ts";
import { noticesOf } from "./list.ts";
import type { SendOutcome } from "./outcome.ts";
import { createOutbox } from "./outbox.ts";
import type { NoticeRow } from "./channels/channel.ts";
import { createChannels } from "./channels/channels.ts";
import { createOutgoingHooks } from "./channels/outgoing-hooks.ts";
import type { PostOffice } from "./channels/post-office.ts";
import { createSender, type SenderDeps } from "./sender.ts";

export type Notices = ReturnType<typeof createNotices>;

export interface NoticesDeps {
  database: Database;
  sealing: Sealing;
  projects: Pick<
    Projects,
    "find" | "writesStatuses" | "githubToken" | "forgetAppTokens" | "forgeToken"
  >;
  summary: (row: RunRow) => Promise<RunSummary>;
  /** Absent: no mails are sent. */
  postOffice: PostOffice | undefined;
  /** REST API of a GitHub Enterprise server. */
  gitHubApi: string | undefined;
  /** Whether webhooks may go to addresses that are not public. */
  allowPrivate: boolean;
  /** The server's public URL. */
  url: string;
  now: () => number;
  log: Logger;
  /** Absent: the product's own. */
  channels?: typeof createChannels | undefined;
  delays?: readonly number[] | undefined;
  onTried?: SenderDeps["onTried"];
}

const SWEEP_MS = 30_000;

/** Notifies people and other systems about command runs: mails, commit statuses, webhooks. */
export function createNotices(deps: NoticesDeps) {
  const { database, projects, now, log } = deps;
  const hooks = createOutgoingHooks(deps);
  const channels = (deps.channels ?? createChannels)({ ...deps, queries: database.queries, hooks });
  const changed = new Set<string>();
  let timer: NodeJS.Timeout | undefined;

  async function send(notice: NoticeRow, signal: AbortSignal): Promise<SendOutcome> {
    const project = await projects.find(notice.project);
    if (!project) return { kind: "never", answer: "The project was removed." };
    const channel = channels.find(({ kind }) => kind === notice.kind);
    if (!channel) return { kind: "never", answer: "This server has no such channel." };
    return channel.send(notice, project, signal);
  }

  const outbox = createOutbox({ database, channels, project: projects.find, now });
  const sender = createSender({
    database,
    send,
    orderedByBranch: channels.filter((one) => one.ordered === "by branch").map(({ kind }) => kind),
    now,
    log,
    delays: deps.delays,
    onTried: deps.onTried,
  });

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
        // The sweep retries it.
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
    /** Whether this server has a mail server. */
    sendsMails: deps.postOffice !== undefined,
    labels: new Map(channels.map(({ kind, label }) => [kind, label])),
    list: (slug: string, before?: string) => noticesOf(database.queries, slug, before),

    /** Called after each change of a run's state. */
    changed(row: RunRow): void {
      if (row.kind !== "command") return;
      changed.add(row.id);
      makeInBackground();
    },

    /** Continues the work of an earlier process. */
    begin(): void {
      sweepInBackground();
      timer = setInterval(sweepInBackground, SWEEP_MS).unref();
    },

    async close(): Promise<void> {
      clearInterval(timer);
      for (const channel of channels) channel.close?.();
      await make.idle();
      await sender.close();
    },
  };
}
