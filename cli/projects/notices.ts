import { paths } from "../../protocol/paths.ts";
import { NoticeListSchema, type Notice } from "../../protocol/projects.ts";
import { plainLine } from "../../protocol/terminal-text.ts";
import { age } from "../age.ts";
import { connect, PROJECT_OPTION } from "../client.ts";
import type { Command } from "../command.ts";
import { duration } from "../../protocol/words.ts";
import { printFacts } from "../print.ts";

export const notices: Command = {
  name: "projects notices",
  usage: "[options]",
  summary: "List mails, commit statuses and webhooks that were sent or are to be sent.",
  options: { project: PROJECT_OPTION, json: { type: "boolean", help: "As JSON" } },
  examples: ["deferred projects notices --project acme/site"],
  async run(args) {
    args.none();
    const client = await connect(args);
    const answer = await client.call(paths.notices(client.project), NoticeListSchema);
    const now = Date.now();
    const rows = answer.notices.map((notice) => [
      age(notice.created_at, now),
      notice.kind.replace("_", " "),
      plainLine(notice.what, 20),
      plainLine(notice.target, 60),
      stateText(notice, now),
      plainLine(notice.answer ?? "", 60),
    ]);
    const header = ["MADE", "KIND", "WHAT", "TO", "STATE", "ANSWER"];
    printFacts(args.flag("json"), answer, [header, ...rows]);
  },
};

function stateText({ state, tries, next_at }: Notice, now: number): string {
  if (state === "sent") return "sent";
  if (state === "given_up") return `given up after ${tries === 1 ? "1 try" : `${tries} tries`}`;
  if (next_at === null || tries === 0) return "waiting";
  const wait = Date.parse(next_at) - now;
  return wait > 0 ? `again in ${duration(wait / 1000)}` : "trying again";
}
