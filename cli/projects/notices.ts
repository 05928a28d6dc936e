import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { paths } from "../../protocol/paths.ts";
import { NoticeListSchema, type Notice } from "../../protocol/notices.ts";
import { plainLine } from "../../protocol/terminal-text.ts";
import { connect } from "../api/client.ts";
import { createCommand } from "../command/command.ts";
import { examples } from "../command/help.ts";
import { JSON_OUTPUT, PROJECT } from "../command/options.ts";
import { formatAge } from "../terminal/age.ts";
import { duration } from "../../protocol/words.ts";
import { printFacts } from "../terminal/print.ts";

export function notices(): CommandUnknownOpts {
  return createCommand("notices", "List mails, commit statuses and webhooks, sent and waiting")
    .option(...PROJECT)
    .option(...JSON_OUTPUT)
    .addHelpText("after", examples("deferred projects notices --project acme/site"))
    .action(async ({ project, json = false }) => {
      const client = await connect({ project });
      const answer = await client.call(paths.notices(client.project), NoticeListSchema);
      const now = Date.now();
      const rows = answer.notices.map((notice) => [
        formatAge(notice.created_at, now),
        notice.kind.replace("_", " "),
        plainLine(notice.what, 20),
        plainLine(notice.target, 60),
        describeState(notice, now),
        plainLine(notice.answer ?? "", 60),
      ]);
      const header = ["MADE", "KIND", "WHAT", "TO", "STATE", "ANSWER"];
      printFacts(json, answer, [header, ...rows]);
    });
}

function describeState({ state, tries, next_at }: Notice, now: number): string {
  if (state === "sent") return "sent";
  if (state === "given_up") return `given up after ${tries === 1 ? "1 try" : `${tries} tries`}`;
  if (next_at === null || tries === 0) return "waiting";
  const wait = Date.parse(next_at) - now;
  return wait > 0 ? `again in ${duration(wait / 1000)}` : "trying again";
}
