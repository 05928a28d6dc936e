import { paths } from "../../protocol/paths.ts";
import { NoticeListSchema, type Notice } from "../../protocol/projects.ts";
import { age } from "../age.ts";
import { connect, PROJECT_OPTION } from "../client.ts";
import { table } from "../columns.ts";
import type { Command } from "../command.ts";
import { formatDuration } from "../duration.ts";
import { plainText } from "../plain-text.ts";

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
      plainText(notice.what, 20),
      plainText(notice.target, 60),
      stateText(notice, now),
      plainText(notice.answer ?? "", 60),
    ]);
    process.stdout.write(
      args.flag("json")
        ? `${JSON.stringify(answer)}\n`
        : table([["MADE", "KIND", "WHAT", "TO", "STATE", "ANSWER"], ...rows]),
    );
  },
};

function stateText({ state, tries, next_at }: Notice, now: number): string {
  if (state === "sent") return "sent";
  if (state === "given_up") return `given up after ${tries === 1 ? "1 try" : `${tries} tries`}`;
  if (next_at === null || tries === 0) return "waiting";
  const wait = Date.parse(next_at) - now;
  return wait > 0 ? `again in ${formatDuration(wait / 1000)}` : "trying again";
}
