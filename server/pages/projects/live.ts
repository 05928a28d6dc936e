import type { RunEvent, StoredEvent } from "../../../protocol/events.ts";
import {
  addLogOutput,
  type LogChange,
  type LogLines,
  noLines,
  piecesOf,
} from "../../runs/log-lines.ts";
import { minutes } from "../format.ts";
import { createSteps, MOST_STEPS, type StepView } from "../../runs/log-steps.ts";
import { type Piece, terminalPieces } from "../../../protocol/terminal-pieces.ts";

/** A piece of text, with its look if it has one. */
type SentPiece = string | [look: string, text: string];
type SentLine = [number: number, stderr: 0 | 1, pieces: SentPiece[]];

/** A change that a page applies to the log of a step. */
export interface SentChange {
  /** The step's place among the page's steps. */
  step: number;
  /** When its new lines were printed, since the step's start. */
  at: string;
  /** Text to append to its last line, with that line's number. */
  add?: [number: number, pieces: SentPiece[]];
  /** New lines; the first may replace its last line. */
  lines: SentLine[];
}

/** A change of a step's log, not rendered yet. */
interface Taken {
  place: number;
  at: string;
  change: LogChange;
}

/**
 * Turns a run's events into changes of its page: output is sent once, rendered; other events only make the
 * page reload its parts. `before`: the events that are on the page already.
 */
export function liveEncoder(
  before: readonly StoredEvent[],
): (events: readonly RunEvent[]) => string {
  let attempt = createSteps(MOST_STEPS);
  let logs = new Map<StepView, LogLines>();

  function take(event: StoredEvent): Taken | undefined {
    if (event.type === "attempt_started") {
      attempt = createSteps(MOST_STEPS);
      logs = new Map();
    }
    const printed = attempt.apply(event, Date.parse(event.at));
    if (!printed) return undefined;
    const { step, place, stream, text } = printed;
    const lines = logs.get(step) ?? noLines();
    logs.set(step, lines);
    const at = minutes(Math.max(0, Date.parse(event.at) - step.startedAt));
    return { place, at, change: addLogOutput(lines, stream, text) };
  }

  // Nothing is rendered of them.
  for (const event of before) take(event);
  return (events) => {
    if (events.length === 0) return ": still here\n\n";
    let text = "";
    let changes: SentChange[] = [];
    const flush = (id: number) => {
      if (changes.length > 0) text += `id: ${id}\nevent: log\ndata: ${JSON.stringify(changes)}\n\n`;
      changes = [];
    };
    for (const event of events) {
      const taken = take(event);
      if (taken) changes.push(sent(taken));
      else {
        flush(event.id - 1);
        text += `id: ${event.id}\nevent: ${event.type === "attempt_started" ? "anew" : "news"}\ndata: 1\n\n`;
      }
    }
    flush(events.at(-1)!.id);
    return text;
  };
}

function sent({ place: step, at, change: { added, lines } }: Taken): SentChange {
  const change: SentChange = {
    step,
    at,
    lines: lines.map((line) => [
      line.number,
      line.stream === "stderr" ? 1 : 0,
      pieces(piecesOf(line)),
    ]),
  };
  if (added) {
    change.add = [added.line.number, pieces(terminalPieces(added.colours + added.text))];
  }
  return change;
}

function pieces(of: readonly Piece[]): SentPiece[] {
  return of.map(({ text, look }) => (look ? [look, text] : text));
}
