import { html } from "hono/html";
import type { Ending } from "../../../protocol/run.ts";
import { sha256 } from "../../database/ids.ts";
import { refWords } from "../../../protocol/words.ts";
import { stateLine } from "../../runs/state-line.ts";

/** The facts in a mail about a run. */
export interface MailFacts {
  project: string;
  what: "failure" | "recovery";
  title: string;
  /** The full ref. */
  ref: string | null;
  commit: { sha: string; author: string } | undefined;
  ending: Ending;
  /** The failed step. */
  step: string | undefined;
  /** The last lines of output, of that step or of the run. */
  output: string;
  runUrl: string;
  projectUrl: string;
  /** Why the mail goes to this address. */
  because: "author" | "watcher";
}

/** A mail as stored until it is sent: all but its sender and its own id. */
export interface StoredMail {
  to: string;
  subject: string;
  text: string;
  html: string;
  /** Groups the mails of a branch. */
  thread: string;
  list: string;
}

export async function composeMail(to: string, facts: MailFacts): Promise<StoredMail> {
  const { project, title, ref } = facts;
  const branch = ref ? refWords(ref) : undefined;
  const failed = facts.what === "failure";
  const subject = `[${project}] ${failed ? "failed" : "works again"}: ${title}${branch ? ` (${branch})` : ""}`;
  return {
    to,
    subject: oneLine(subject),
    text: textOf(facts, branch),
    html: String(await htmlOf(facts, branch)),
    thread: sha256(`${project} ${ref ?? ""}`).slice(0, 22),
    list: project,
  };
}

function headline({ project, what }: MailFacts, branch: string | undefined): string {
  const where = branch ? ` on ${branch}` : "";
  return what === "failure" ? `${project} failed${where}` : `${project} works again${where}`;
}

function commitLine({ commit }: MailFacts): string {
  return commit ? `${commit.sha.slice(0, 8)} by ${oneLine(commit.author)}` : "";
}

function endSentences({ ending }: MailFacts): string {
  const { text, note } = stateLine({
    state: ending.state,
    attempt: ending.attempt,
    maxAttempts: ending.attempt,
    behind: false,
    ending,
  });
  return note ? `${text} ${note}` : text;
}

function why({ because, project }: MailFacts): string {
  return because === "author"
    ? `You get this because the commit is yours. The owner of ${project} can turn off mails to authors.`
    : `You get this because your address is among the watchers of ${project}.`;
}

function textOf(facts: MailFacts, branch: string | undefined): string {
  const { title, step, output, runUrl, projectUrl, what } = facts;
  const indented = output.replace(/^/gm, "    ");
  const lines = [
    `${headline(facts, branch)}.`,
    "",
    `  ${oneLine(title)}`,
    ...(commitLine(facts) ? [`  ${commitLine(facts)}`] : []),
    "",
    endSentences(facts),
    `The run: ${runUrl}`,
    ...(what === "failure" && step ? ["", `The step: ${oneLine(step)}`] : []),
    ...(what === "failure" && output ? ["", "The last lines of its output:", "", indented] : []),
    "",
    "-- ",
    why(facts),
    projectUrl,
    "",
  ];
  return lines.join("\n");
}

function htmlOf(facts: MailFacts, branch: string | undefined) {
  const { title, step, output, runUrl, projectUrl, project, what } = facts;
  const commit = commitLine(facts);
  const failed = what === "failure";
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>${headline(facts, branch)}</title>
      </head>
      <body
        style="max-width:44em;margin:0 auto;padding:16px;font:16px/1.5 system-ui,sans-serif;color:#1c2126;background:#ffffff"
      >
        <h1 style="margin:0 0 12px;font-size:20px;line-height:1.3">${headline(facts, branch)}</h1>
        <p style="margin:0 0 12px">
          ${oneLine(title)}${commit ? html`<br /><span style="color:#535c64">${commit}</span>` : ""}
        </p>
        <p style="margin:0 0 16px">${endSentences(facts)}</p>
        <p style="margin:0 0 16px"><a href="${runUrl}" style="color:#0b6b5b">See the run</a></p>
        ${failed && step ? html`<p style="margin:0 0 8px">The step <code>${oneLine(step)}</code></p>` : ""}
        ${
          failed && output
            ? html`<pre
                style="margin:0 0 16px;padding:12px;overflow-x:auto;background:#f6f7f5;border-radius:8px;font:13px/1.5 ui-monospace,Menlo,Consolas,monospace"
              >
${output}</pre>`
            : ""
        }
        <p style="margin:24px 0 0;color:#535c64;font-size:13px">
          ${why(facts)} <a href="${projectUrl}" style="color:#535c64">${project}</a>
        </p>
      </body>
    </html>`;
}

/** A stranger's text must not start a line of its own, above all not in a header. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ").trim();
}
