import { pagePaths } from "../../../protocol/paths.ts";
import { isEnded, type RunState } from "../../../protocol/run.ts";
import type { Queries } from "../../database/database.ts";
import { fromJson, toJson, type Json } from "../../database/json.ts";
import { JUDGED_TRIGGERS } from "../../runs/last-states.ts";
import { commitOfRun, isStranger, lastWords, stateBefore } from "../run-facts.ts";
import type { Channel } from "./channel.ts";
import { mailAddress } from "./mail-address.ts";
import { composeMail, type StoredMail } from "./mail-text.ts";
import type { PostOffice } from "./post-office.ts";

export interface MailChannelDeps {
  queries: Queries;
  /** Absent: no mails are sent. */
  postOffice: PostOffice | undefined;
  /** The server's public URL. */
  url: string;
}

const WENT_WRONG: readonly RunState[] = ["failed", "timed_out", "killed", "errored"];

/** Mails a branch's failures and recoveries to the commit's author and the project's watchers. */
export function createMailChannel({ queries, postOffice, url }: MailChannelDeps): Channel {
  return {
    kind: "mail",
    label: "Mail",
    // A failure must not arrive after its recovery.
    ordered: "by branch",

    async drafts(row, project) {
      if (!postOffice || !isEnded(row.state) || row.ending === null) return [];
      const ending = fromJson(row.ending);
      const commit = await commitOfRun(queries, row);
      const { watchers, mail_author: toAuthor } = project.settings;
      const wanted = mailsFor({
        state: row.state,
        trigger: row.trigger ?? "",
        stranger: isStranger(row),
        author: toAuthor ? mailAddress(commit?.author_email ?? "") : undefined,
        watchers: watchers.flatMap((watcher) => mailAddress(watcher) ?? []),
        before: await stateBefore(queries, row),
      });
      if (wanted.length === 0) return [];
      const { line, ...words } = await lastWords(queries, row);
      const runUrl = url + pagePaths.run(row.project, row.id);
      return Promise.all(
        wanted.map(async ({ target, what, because }) => {
          const mail = await composeMail(target, {
            project: row.project,
            what,
            title: row.title ?? "",
            ref: row.ref,
            commit: commit && { sha: commit.sha, author: commit.author_name ?? "" },
            ending,
            ...words,
            runUrl: what === "failure" && line !== undefined ? `${runUrl}#${line}` : runUrl,
            projectUrl: url + pagePaths.project(row.project),
            because,
          });
          return { target, what, body: toJson(mail) };
        }),
      );
    },

    async send(notice) {
      if (!postOffice) return { kind: "again", answer: "SMTP_URL is not set any more." };
      return postOffice.send(notice.id, fromJson(notice.body as Json<StoredMail>));
    },

    close: () => postOffice?.close(),
  };
}

export interface MailFactsOfRun {
  state: RunState;
  trigger: string;
  /** A fork's work: its author chose the address, so no mail is sent. */
  stranger: boolean;
  author: string | undefined;
  watchers: readonly string[];
  /** The end state of the branch's previous run. */
  before: RunState | undefined;
}

interface WantedMail {
  target: string;
  what: "failure" | "recovery";
  because: "author" | "watcher";
}

/** Failures of a branch, and its first success after one. An author who also watches gets one mail. */
export function mailsFor(run: MailFactsOfRun): WantedMail[] {
  if (run.stranger || !JUDGED_TRIGGERS.includes(run.trigger)) return [];
  const failed = WENT_WRONG.includes(run.state);
  const recovered =
    run.state === "succeeded" && run.before !== undefined && WENT_WRONG.includes(run.before);
  if (!failed && !recovered) return [];
  const what = failed ? "failure" : "recovery";
  const addresses = new Map<string, "author" | "watcher">();
  for (const watcher of run.watchers) addresses.set(watcher, "watcher");
  if (run.author !== undefined) addresses.set(run.author, "author");
  return [...addresses].map(([target, because]) => ({ target, what, because }));
}
