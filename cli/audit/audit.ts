import { type Command, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { AuditSchema } from "../../protocol/audit.ts";
import { paths } from "../../protocol/paths.ts";
import { connect } from "../api/client.ts";
import { examples } from "../command/help.ts";
import { JSON_OUTPUT, wholeNumber } from "../command/options.ts";
import { formatAge } from "../terminal/age.ts";
import { note, printFacts } from "../terminal/print.ts";

export function audit(command: Command): CommandUnknownOpts {
  return command
    .description(
      "Calls with an API token that may change something, newest first: who made each, and how it was answered. They " +
        "are kept for a year.",
    )
    .option("--project <OWNER/NAME>", "Only those about this project")
    .option("--actor <ID>", "Only those by this token, as tokens list shows it, or by owner")
    .option("--before <NUMBER>", "Only those before this one", wholeNumber(1, 1e15))
    .option("--limit <N>", "How many at most: 1 to 200 (default: 50)", wholeNumber(1, 200))
    .option(...JSON_OUTPUT)
    .addHelpText(
      "after",
      examples(
        "deferred audit --project ada/blog",
        "deferred audit --actor owner --limit 200 --json",
      ),
    )
    .action(async ({ project, actor, before, limit, json = false }) => {
      const query = new URLSearchParams(
        Object.entries({ project, actor, before, limit }).flatMap(([name, value]) =>
          value === undefined ? [] : [[name, String(value)]],
        ),
      );
      const client = await connect({ project });
      const page = await client.call(`${paths.audit}?${query}`, AuditSchema);
      const now = Date.now();
      const rows = page.entries.map((entry) => [
        String(entry.number),
        formatAge(entry.at, now),
        entry.actor_name === "" ? entry.actor : entry.actor_name,
        entry.action.split(" ")[0] ?? "",
        entry.path,
        entry.status === null ? "unknown" : String(entry.status),
        entry.location ?? "",
      ]);
      const header = ["NUMBER", "WHEN", "BY", "CALL", "", "ANSWER", "MADE"];
      printFacts(json, page, rows.length === 0 ? [] : [header, ...rows]);
      if (rows.length === 0) note("nothing is recorded");
      if (page.older !== undefined && !json) note(`older ones: --before ${page.older}`);
    });
}
