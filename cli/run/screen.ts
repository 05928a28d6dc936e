import type { RunEvent, StepEnded, StepStarted } from "../../protocol/events.ts";
import type { Ending } from "../../protocol/run.ts";
import { plainLine } from "../../protocol/terminal-text.ts";
import { wholeLines } from "../../protocol/whole-lines.ts";
import { duration, exitWords, fileSize } from "../../protocol/words.ts";
import { endLine, isTerminal, note, printError, programOutput } from "../terminal/print.ts";
import type { StatusLine } from "../terminal/status-line.ts";
import { takeTurns } from "./turns.ts";
import { endSentence, isRefusal, statusText } from "./words.ts";

export interface ScreenOptions {
  /** Omits the program's output. */
  quiet: boolean;
  /** Which steps get a line: all, or those of runs about several commits. */
  steps: "all" | "of several commits";
  /** Whether the run's failure is this command's failure, too. */
  own?: boolean;
  /** The run's place in line, while it waits. */
  place?: () => string | undefined;
}

/**
 * Prints events: output on stdout and stderr, everything else as notes on stderr. `end` prints what still waits for its
 * turn.
 */
export function screen(
  status: StatusLine,
  options: ScreenOptions,
): { show: (event: RunEvent) => void; end: () => void } {
  const write = { stdout: programOutput("stdout"), stderr: programOutput("stderr") };
  const steps = new Map<number, StepStarted>();
  let since = performance.now();
  let printed = false;
  let midLine = false;
  const lines = wholeLines();
  /** The step that was announced last. */
  let shown: number | undefined;
  const turns = takeTurns(show);
  return { show: (event) => lines(event).forEach(turns.push), end: turns.flush };

  function show(event: RunEvent): void {
    // A note and the status line begin a line of their own.
    if (midLine && event.type !== "output" && isTerminal("stderr")) endLine("stderr");
    if (event.type !== "output") midLine = false;
    if (event.type === "queued") status.show(statusText(event, since, options.place)!);
    if (event.type === "waking") {
      // Both times are the server's, so this machine's clock does not matter.
      const age = Math.max(0, Date.parse(event.at) - Date.parse(event.since));
      status.show(statusText(event, performance.now() - age, options.place)!);
    }
    if (event.type === "attempt_started" || event.type === "retrying") {
      since = performance.now();
      if (printed) note(`attempt ${event.attempt}: what was printed so far does not count`);
      printed = false;
      steps.clear();
      status.show(statusText(event, since)!);
    }
    if (event.type === "step_started") {
      steps.set(event.step, event);
      status.clear();
      shown = event.step;
      if (isTold(event, options)) tell(beginning(event));
      status.show(statusText(event, performance.now())!);
    }
    if (event.type === "step_ended") {
      const step = steps.get(event.step);
      status.clear();
      if (step && isTold(step, options)) tell(end(step, event));
    }
    if (event.type === "output" && !options.quiet) {
      status.clear();
      announce(event.step);
      printed = true;
      if (event.cut) note(`${fileSize(event.cut)} of ${event.stream} are left out here`);
      write[event.stream](event.text);
      if (isTerminal(event.stream)) midLine = !event.text.endsWith("\n");
    }
    if (event.type === "ended") {
      status.clear();
      const told = isTerminal("stderr") && !options.quiet;
      if (options.own && isRefusal(event)) printError(endSentence(event));
      else if (event.state !== "succeeded" || told) note(endSentence(event));
      if (!options.quiet) listArtifacts(event);
    }
  }

  /** Says whose output follows, where several steps print in turn. */
  function announce(number = shown): void {
    const step = number === shown ? undefined : steps.get(number!);
    shown = number;
    if (!step || !isTold(step, options)) return;
    if (midLine && isTerminal("stderr")) endLine("stderr");
    tell(`${beginning(step)} (goes on)`);
  }
}

function isTold({ commit }: StepStarted, { steps }: ScreenOptions): boolean {
  return steps === "all" || commit !== undefined;
}

/** A command is announced before its output; other steps print nothing and are reported when they end. */
function isCommand({ kind }: StepStarted): boolean {
  return kind === "command";
}

function beginning(step: StepStarted): string | undefined {
  const at = step.commit === undefined ? "" : `${step.commit.slice(0, 12)} `;
  return isCommand(step) ? `${at}$ ${named(step)}` : undefined;
}

function end(step: StepStarted, ended: StepEnded) {
  const took = duration(ended.ran_s);
  if (ended.exit_code === 0) return isCommand(step) ? undefined : `${named(step)} (${took})`;
  const ignored = ended.outcome === "ignored" ? ", ignored" : "";
  return `${named(step)}: ${exitWords(ended)} after ${took}${ignored}`;
}

/** A command may be a whole program. */
function named({ name }: StepStarted): string {
  return plainLine(name, 80);
}

function tell(text: string | undefined): void {
  if (text !== undefined) note(text);
}

function listArtifacts({ artifacts, truncated, value_problem }: Ending): void {
  if (value_problem) note(plainLine(value_problem));
  for (const { name, size, url } of artifacts)
    note(`artifact ${plainLine(name)} (${fileSize(size)}) ${url}`);
  const left = truncated.artifacts;
  if (left > 0) note(left === 1 ? "1 artifact was left out" : `${left} artifacts were left out`);
}
