import type { Context } from "hono";
import type { RunEvent, StreamName } from "../../protocol/events.ts";
import { plainLine, terminalFilter } from "../../protocol/terminal-text.ts";
import { wholeLines } from "../../protocol/whole-lines.ts";
import {
  duration,
  exitSentence,
  exitWords,
  PROGRESS_WORDS,
  usualWords,
} from "../../protocol/words.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import { cutLine } from "./join-output.ts";

/** Encodes batches of events as the bytes of one content type. */
export type Encoder = (events: readonly RunEvent[]) => string;

/** An event is serialized once for all followers. */
const written = new WeakMap<RunEvent, string>();

function dataOf(event: RunEvent): string {
  let text = written.get(event);
  if (text === undefined) written.set(event, (text = JSON.stringify(event)));
  return text;
}

/** One run: an event's SSE id is the run's own number. */
export const encodeOne: Encoder = (events) =>
  events.length === 0
    ? ": still here\n\n"
    : events.map((event) => `id: ${event.id}\ndata: ${dataOf(event)}\n\n`).join("");

/**
 * Many runs: the SSE id is every run's cursor, in the form of the `runs` parameter, so that a client
 * which only knows `Last-Event-ID` resumes all of them.
 */
export function encodeMany(cursors: ReadonlyMap<string, number>): Encoder {
  const current = new Map(cursors);
  return (events) => {
    if (events.length === 0) return ": still here\n\n";
    return events
      .map((event) => {
        current.set(event.run, event.id);
        const id = [...current].map(([run, after]) => `${run}:${after}`).join(",");
        return `id: ${id}\ndata: ${dataOf(event)}\n\n`;
      })
      .join("");
  };
}

/** Steps whose names a follower keeps: more than run beside one another. */
const MOST_NAMES = 1000;

/**
 * The output as a terminal expects it: as it comes, with a line for each step and one more for a failure.
 * Each follower needs an encoder of its own: it tracks whether the last line is complete.
 */
export function encodeText({ raw, progress = false }: TextOptions = { raw: false }): Encoder {
  let wholeLine = true;
  let wake: string | undefined;
  let write = printed(raw);
  const lines = wholeLines();
  let names = new Map<number, string>();
  /** The step under whose name the last text stands. */
  let shown: number | undefined;
  const forgetOldest = () => {
    const [oldest] = names.keys();
    if (names.size > MOST_NAMES && oldest !== undefined) names.delete(oldest);
  };
  const textOf = (event: RunEvent): string => {
    const line = (text: string) => `${wholeLine ? "" : "\n"}[${plainLine(text)}]\n`;
    switch (event.type) {
      case "attempt_started":
        write = printed(raw);
        names = new Map();
        return "";
      case "output": {
        const { step = shown, cut, stream, text } = event;
        const name = step === shown ? undefined : names.get(step!);
        shown = step;
        const head = name === undefined ? "" : line(name);
        return head + (cut ? cutLine("", cut) : "") + write[stream](text);
      }
      case "waking": {
        // Each phase is an event; a terminal is told once a wake.
        if (!progress || event.since === wake) return "";
        wake = event.since;
        const usual = event.usual ? ` ${usualWords(event.usual, 0)}` : "";
        return line(`${PROGRESS_WORDS.waking}.${usual}`);
      }
      case "step_started":
        shown = event.step;
        names.set(event.step, event.name.split("\n")[0]!);
        forgetOldest();
        return line(names.get(event.step)!);
      case "step_ended": {
        if (event.exit_code === 0) return "";
        const name = event.step === shown ? undefined : names.get(event.step);
        const ignored = event.outcome === "ignored" ? ", ignored" : "";
        return line(
          `${name === undefined ? "" : `${name}: `}${exitWords(event)} after ${duration(event.ran_s)}${ignored}`,
        );
      }
      case "retrying": {
        const { attempt, max_attempts, reason } = event;
        return line(`${reason.message} Retrying (${attempt} of ${max_attempts}).`);
      }
      case "ended":
        return endLines(event, progress)
          .map((text, index) => (index === 0 ? line(text) : `[${plainLine(text)}]\n`))
          .join("");
      default:
        return "";
    }
  };
  return (events) =>
    events
      .flatMap(lines)
      .map((event) => {
        const text = textOf(event);
        if (text !== "") wholeLine = text.endsWith("\n");
        return text;
      })
      .join("");
}

export interface TextOptions {
  /** Passes a program's output byte by byte, terminal control sequences included. */
  raw: boolean;
  /** Also says that a machine is woken, and how a run ended that succeeded. */
  progress?: boolean;
}

/**
 * Terminal filters of a program's two streams: one each, because a sequence may be split over two pieces.
 */
function printed(raw: boolean): Record<StreamName, (text: string) => string> {
  const asItIs = (text: string) => text;
  return raw
    ? { stdout: asItIs, stderr: asItIs }
    : { stdout: terminalFilter(), stderr: terminalFilter() };
}

function endLines(event: RunEvent & { type: "ended" }, progress: boolean): string[] {
  const artifacts = event.artifacts.map((artifact) => `artifact ${artifact.url}`);
  if (event.state === "succeeded") {
    return progress ? [...artifacts, exitSentence("Ended", event)] : artifacts;
  }
  return [...artifacts, `${event.state}: ${event.reason?.message ?? exitWords(event)}`];
}

/** Set where the caller wants plain text; `?raw=1` asks for the bytes. */
export function wantedText(c: Context): TextOptions | undefined {
  if (!/^text\/plain\b/.test(c.req.header("accept") ?? "")) return undefined;
  const raw = c.req.query("raw") ?? "0";
  if (raw !== "0" && raw !== "1") throw new ApiError("query_invalid", "raw: 0 or 1.");
  return { raw: raw === "1" };
}
