import { pagePaths } from "../../../protocol/paths.ts";
import { escapeHtml } from "../../../protocol/escape-html.ts";
import type { ListedRun } from "../../commands/reading/runs.ts";
import { STATE_WORDS, duration, refWords, triggerWords } from "../../../protocol/words.ts";

type FeedRun = Pick<
  ListedRun,
  | "id"
  | "state"
  | "trigger"
  | "title"
  | "ref"
  | "created_at"
  | "ended_at"
  | "ran_s"
  | "reason"
  | "author"
>;

export interface FeedOptions {
  slug: string;
  runs: readonly FeedRun[];
  /** The server's public URL. */
  url: string;
  /** The feed's own address, with its key where it has one. */
  self: string;
  /** When the project was made: an empty feed was updated then. */
  since: number;
}

/** The runs that ended, newest first, as Atom (RFC 4287). */
export function atomFeed({ slug, runs, url, self, since }: FeedOptions): string {
  const page = url + pagePaths.project(slug);
  const updated = Math.max(since, ...runs.map(({ ended_at }) => ended_at ?? 0));
  return [
    `<?xml version="1.0" encoding="utf-8"?>`,
    `<feed xmlns="http://www.w3.org/2005/Atom">`,
    `<id>${xml(page)}</id>`,
    `<title>${xml(slug)}</title>`,
    `<updated>${new Date(updated).toISOString()}</updated>`,
    `<author><name>${xml(slug)}</name></author>`,
    `<link rel="alternate" type="text/html" href="${xml(page)}"/>`,
    `<link rel="self" type="application/atom+xml" href="${xml(self)}"/>`,
    ...runs.map((run) => entry(slug, run, url)),
    `</feed>\n`,
  ].join("\n");
}

function entry(slug: string, run: FeedRun, url: string): string {
  const address = url + pagePaths.run(slug, run.id);
  const where = run.ref ? ` (${refWords(run.ref)})` : "";
  const ran = run.ran_s === undefined ? "" : ` Ran ${duration(run.ran_s)}.`;
  const text = `${STATE_WORDS[run.state]}. ${triggerWords(run.trigger)}${where}.${ran}${run.reason ? ` ${run.reason}` : ""}`;
  return [
    `<entry>`,
    `<id>${xml(address)}</id>`,
    `<title>${xml(`${STATE_WORDS[run.state]}: ${run.title}${where}`)}</title>`,
    `<published>${new Date(run.created_at).toISOString()}</published>`,
    `<updated>${new Date(run.ended_at ?? run.created_at).toISOString()}</updated>`,
    ...(run.author ? [`<author><name>${xml(run.author)}</name></author>`] : []),
    `<link rel="alternate" type="text/html" href="${xml(address)}"/>`,
    `<content type="text">${xml(text)}</content>`,
    `</entry>`,
  ].join("\n");
}

/** XML 1.0 can't represent most control characters, nor half a surrogate pair. */
function xml(text: string): string {
  return escapeHtml(text.toWellFormed().replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, ""));
}
