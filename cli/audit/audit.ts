import {
  InvalidArgumentError,
  type Command,
  type CommandUnknownOpts,
} from "@commander-js/extra-typings";
import { actorWords } from "../../protocol/actors.ts";
import { AUDIT_CSV_HEADER, auditCsv } from "../../protocol/audit-csv.ts";
import { AuditSchema, type AuditEntry } from "../../protocol/audit.ts";
import { paths } from "../../protocol/paths.ts";
import { plainLine } from "../../protocol/terminal-text.ts";
import { connect, type Client } from "../api/client.ts";
import { examples } from "../command/help.ts";
import { JSON_OUTPUT, seconds, wholeNumber } from "../command/options.ts";
import { formatAge } from "../terminal/age.ts";
import { note, print, printFacts } from "../terminal/print.ts";

/** Most entries in one answer of the server. */
const MAX_LISTED = 200;

export function audit(command: Command): CommandUnknownOpts {
  return command
    .description(
      "Calls and forms that may change something, newest first: who sent each, and how it was answered. They are kept " +
        "for a year.",
    )
    .option("--project <OWNER/NAME>", "Only those about this project")
    .option("--actor <WHO>", "Only those by this token or user (id or name), or by owner")
    .option("--action <TEXT>", "Only those with this in method or path, such as DELETE or /secrets")
    .option(
      "--since <WHEN>",
      "Only since this day, moment or age, such as 2026-01-31 or 7d",
      moment,
    )
    .option("--until <WHEN>", "Only before this day, moment or age", moment)
    .option("--before <NUMBER>", "Only those before this one", wholeNumber(1, 1e15))
    .option("--limit <N>", "How many at most: 1 to 200 (default: 50)", wholeNumber(1, MAX_LISTED))
    .option("--csv", "Export all that match as CSV")
    .option(...JSON_OUTPUT)
    .addHelpText(
      "after",
      examples(
        "deferred audit --project ada/blog",
        "deferred audit --actor owner --limit 200 --json",
        "deferred audit --since 90d --csv > audit.csv",
      ),
    )
    .action(async ({ csv = false, json = false, ...filter }) => {
      const client = await connect({ project: filter.project });
      if (csv) return exportCsv(client, filter);
      const page = await readPage(client, filter);
      const now = Date.now();
      const rows = page.entries.map((entry) => rowOf(entry, now));
      const header = ["NUMBER", "WHEN", "BY", "CALL", "", "ANSWER", "MADE"];
      printFacts(json, page, rows.length === 0 ? [] : [header, ...rows]);
      if (rows.length === 0) note("nothing is recorded");
      if (page.older !== undefined && !json) note(`older ones: --before ${page.older}`);
    });
}

type Filter = Record<string, string | number | undefined>;

async function readPage(client: Client, filter: Filter) {
  const given = Object.entries(filter).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)]],
  );
  return client.call(`${paths.audit}?${new URLSearchParams(given)}`, AuditSchema);
}

async function exportCsv(client: Client, { limit, ...filter }: Filter): Promise<void> {
  print(AUDIT_CSV_HEADER);
  let left = typeof limit === "number" ? limit : Infinity;
  let before = filter["before"];
  do {
    const page = await readPage(client, { ...filter, before, limit: Math.min(left, MAX_LISTED) });
    print(...auditCsv(page.entries));
    left -= page.entries.length;
    before = page.older;
  } while (before !== undefined && left > 0);
}

function rowOf(entry: AuditEntry, now: number): string[] {
  const { actor_kind: kind, actor: id, actor_name: name, detail } = entry;
  return [
    String(entry.number),
    formatAge(entry.at, now),
    plainLine(actorWords({ kind, id, name }), 30),
    entry.action.split(" ")[0] ?? "",
    plainLine(detail === null ? entry.path : `${entry.path} (${detail})`),
    entry.status === null ? "unknown" : String(entry.status),
    plainLine(entry.location ?? ""),
  ];
}

/** A day or moment, or how long ago it is. */
function moment(text: string): string {
  if (/^\d+(\.\d+)?(s|m|min|h|d)$/.test(text)) {
    return new Date(Date.now() - seconds(text) * 1000).toISOString();
  }
  if (/^\d{4}-\d{2}-\d{2}/.test(text) && !Number.isNaN(Date.parse(text))) return text;
  throw new InvalidArgumentError("A day, a moment or an age, such as 2026-01-31 or 7d");
}
