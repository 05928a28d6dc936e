import { type Command, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { actorWords } from "../../protocol/actors.ts";
import type { RunSummary } from "../../protocol/projects.ts";
import { parseRunFilter, splitFilter, writeTerms } from "../../protocol/run-filter.ts";
import { plainLine } from "../../protocol/terminal-text.ts";
import { connect } from "../api/client.ts";
import { listRuns } from "../api/lists.ts";
import { UsageError } from "../errors/cli-error.ts";
import { EXIT } from "../errors/exit-codes.ts";
import { examples } from "../command/help.ts";
import { JSON_OUTPUT, wholeNumber } from "../command/options.ts";
import { formatAge } from "../terminal/age.ts";
import type { ColumnCell } from "../terminal/columns.ts";
import { duration } from "../../protocol/words.ts";
import {
  createTableScreen,
  isTerminal,
  note,
  printFacts,
  printJson,
  printTable,
} from "../terminal/print.ts";
import { stateCell } from "../terminal/state-cell.ts";
import { onStopSignal } from "../terminal/stop-signals.ts";
import { watchRuns, type WatchOptions } from "./watch.ts";

/** Most runs in one answer of the server. */
const MAX_RUNS = 200;

export function ps(command: Command): CommandUnknownOpts {
  return command
    .description("Beside the state of a run that waits is its place in line: (1) is next.")
    .option("--project <OWNER/NAME>", "Only this project's (default: of all)")
    .option("-a, --all", "List runs that have ended, too")
    .option("--state <STATE>", "Only those in this state: failed, open, ended, unsuccessful, …")
    .option("--branch <NAME>", "Only those of this branch")
    .option("--author <NAME>", "Only those whose commit's author has this in their name")
    .option("--filter <TEXT>", "Only those that fit a filter of the page of runs")
    .option("-w, --watch", "Go on until Ctrl-C: redraws on a terminal, else a line for each change")
    .option("-n, --limit <N>", "At most so many", wholeNumber(1, MAX_RUNS), 20)
    .option(...JSON_OUTPUT)
    .addHelpText(
      "after",
      examples(
        "deferred ps",
        "deferred ps --all --project acme/site",
        "deferred ps --state failed --branch main --author ada",
        'deferred ps --filter "cause:schedule state:unsuccessful"',
        "deferred ps --all --json",
        "deferred ps --watch --project acme/site",
      ),
    )
    .action(async ({ project, limit, json = false, ...options }) => {
      const filter = readFilterOptions(options);
      // A state says whether runs have ended, too.
      const all = options.all === true || /(^|\s)state:/.test(filter);
      const stop = new AbortController();
      const client = await connect({ project, signal: stop.signal });
      const read = (isOpen: boolean) => listRuns(client, { limit, isOpen, project, filter });
      if (options.watch) return watch({ read, all, limit, json, stop });
      const runs = await read(!all);
      printFacts(json, { runs }, formatRuns(runs));
      if (runs.length === 0 && !all) {
        note("nothing runs or waits; --all lists runs that have ended");
      }
    });
}

interface PsWatchOptions extends Pick<WatchOptions, "read" | "all" | "limit"> {
  json: boolean;
  stop: AbortController;
}

async function watch({ json, stop, ...options }: PsWatchOptions): Promise<void> {
  const draws = !json && isTerminal("stdout");
  const draw = createTableScreen();
  const nothing = options.all ? "no runs" : "nothing runs or waits";
  const stopListening = onStopSignal(() => stop.abort(), EXIT.canceled);
  try {
    await watchRuns({
      ...options,
      signal: stop.signal,
      show(runs, changed) {
        if (draws) draw(runs.length === 0 ? [[nothing]] : formatRuns(runs));
        // Those that changed first are above.
        else if (json) for (const run of changed.toReversed()) printJson(run);
        else printTable(changed.toReversed().map(formatChange));
      },
      onOutage: () => note("the server can't be reached; trying again"),
    });
  } finally {
    stopListening();
  }
  process.exitCode = EXIT.canceled;
}

interface FilterOptions {
  state?: string | undefined;
  branch?: string | undefined;
  author?: string | undefined;
  filter?: string | undefined;
}

/** Joins the options to one filter. Throws a `UsageError` if the server would refuse it. */
function readFilterOptions({ filter = "", ...named }: FilterOptions): string {
  const terms = (["state", "branch", "author"] as const).flatMap((key) => {
    const value = named[key];
    return value === undefined ? [] : [{ key, value }];
  });
  const whole = writeTerms([...splitFilter(filter), ...terms]);
  const { problem } = parseRunFilter(whole);
  if (problem !== undefined) throw new UsageError(problem);
  return whole;
}

function formatRuns(runs: RunSummary[]): ColumnCell[][] {
  if (runs.length === 0) return [];
  const now = Date.now();
  const rows = runs.map((run) => [
    run.id,
    stateCell(run.state, ...(run.position === undefined ? [] : [`(${run.position})`])),
    run.project,
    refOf(run),
    run.trigger.replace("_", " "),
    describeActors(run),
    formatAge(run.created_at, now),
    formatElapsed(run, now),
    plainLine(run.title, 60),
  ]);
  const header = ["RUN", "STATE", "PROJECT", "REF", "WHY", "BY", "MADE", "TOOK", "WHAT"];
  return [header, ...rows];
}

function formatChange(run: RunSummary): ColumnCell[] {
  const at = new Date().toISOString().replace(/\.\d+/, "");
  const { id, state, project, title } = run;
  return [at, id, stateCell(state), project, refOf(run), plainLine(title, 60)];
}

function refOf({ ref, commit }: RunSummary): string {
  return ref === null ? (commit ?? "").slice(0, 12) : shortenRef(ref);
}

/** Who started it, and who canceled it. */
function describeActors({ started_by, canceled_by }: RunSummary): string {
  const by = started_by ? plainLine(actorWords(started_by), 30) : "";
  return canceled_by ? `${by}; canceled by ${plainLine(actorWords(canceled_by), 30)}` : by;
}

function formatElapsed({ started_at, ended_at, ran_s }: RunSummary, now: number): string {
  if (ran_s !== null) return duration(ran_s);
  if (started_at === null || ended_at !== null) return "";
  return duration(Math.max(0, now - Date.parse(started_at)) / 1000);
}

function shortenRef(ref: string): string {
  return plainLine(ref.replace(/^refs\/(heads|tags)\//, ""), 30);
}
