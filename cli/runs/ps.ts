import { paths } from "../../protocol/paths.ts";
import { ProjectListSchema, RunListSchema, type RunSummary } from "../../protocol/projects.ts";
import { plainLine } from "../../protocol/terminal-text.ts";
import { age } from "../age.ts";
import { connect, type Client } from "../client.ts";
import type { Cell } from "../columns.ts";
import type { Command } from "../command.ts";
import { duration } from "../../protocol/words.ts";
import { note, printFacts } from "../print.ts";
import { stateCell } from "../state-cell.ts";

const SHOWN = 20;
/** What the server lists at one time. */
const MOST = 200;

export const ps: Command = {
  name: "ps",
  usage: "[options]",
  summary: "List runs of projects, newest first.",
  details: ["Beside the state of a run that waits is its place in line: (1) is next."],
  options: {
    project: {
      type: "string",
      value: "OWNER/NAME",
      help: "This project's alone (default: of all)",
    },
    all: { type: "boolean", short: "a", help: "Those that have ended, too" },
    limit: { type: "string", short: "n", value: "N", help: `At most so many (default: ${SHOWN})` },
    json: { type: "boolean", help: "As JSON" },
  },
  examples: ["deferred ps", "deferred ps --all --project acme/site", "deferred ps --all --json"],
  async run(args) {
    args.none();
    const limit = Number(args.text("limit") ?? SHOWN);
    if (!Number.isInteger(limit) || limit < 1 || limit > MOST) {
      const given = args.text("limit") ?? "";
      throw args.wrong(`--limit (-n) has to be a whole number from 1 to ${MOST}, not "${given}"`);
    }
    const query = `limit=${limit}${args.flag("all") ? "" : "&state=open"}`;
    const client = await connect(args);
    const slugs = args.text("project") === undefined ? await allSlugs(client) : [client.project];
    const lists = await Promise.all(slugs.map((slug) => runsOf(client, slug, query)));
    const runs = lists
      .flat()
      .toSorted((a, b) => b.created_at.localeCompare(a.created_at))
      .slice(0, limit);
    printFacts(args.flag("json"), { runs }, listed(runs));
    if (runs.length === 0 && !args.flag("all")) {
      note("nothing runs or waits; --all lists runs that have ended");
    }
  },
};

async function allSlugs(client: Client): Promise<string[]> {
  const { projects } = await client.call(paths.projects, ProjectListSchema);
  return projects.map(({ slug }) => slug);
}

async function runsOf(client: Client, slug: string, query: string): Promise<RunSummary[]> {
  const path = `${paths.projectRuns(slug)}?${query}`;
  return (await client.call(path, RunListSchema)).runs;
}

function listed(runs: RunSummary[]): Cell[][] {
  if (runs.length === 0) return [];
  const now = Date.now();
  const rows = runs.map((run) => [
    run.id,
    stateCell(run.state, ...(run.position === undefined ? [] : [`(${run.position})`])),
    run.project,
    run.ref === null ? (run.commit ?? "").slice(0, 12) : shortRef(run.ref),
    run.trigger.replace("_", " "),
    age(run.created_at, now),
    tookOf(run, now),
    plainLine(run.title, 60),
  ]);
  const header = ["RUN", "STATE", "PROJECT", "REF", "WHY", "MADE", "TOOK", "WHAT"];
  return [header, ...rows];
}

function tookOf({ started_at, ended_at, ran_s }: RunSummary, now: number): string {
  if (ran_s !== null) return duration(ran_s);
  if (started_at === null || ended_at !== null) return "";
  return duration(Math.max(0, now - Date.parse(started_at)) / 1000);
}

function shortRef(ref: string): string {
  return plainLine(ref.replace(/^refs\/(heads|tags)\//, ""), 30);
}
