import type { Context } from "hono";
import type { RunEvent, StreamName } from "../../protocol/events.ts";
import { plainLine, terminalFilter } from "../../protocol/terminal-text.ts";
import {
  duration,
  exitSentence,
  exitWords,
  PROGRESS_WORDS,
  usualWords,
} from "../../protocol/words.ts";
import type { RequestEnvironment } from "../http/requests/address.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import { withCut } from "./result.ts";

/** Encodes batches of events as the bytes of one content type. */
type Encoder = (events: readonly RunEvent[]) => string;

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

/**
 * The output as a terminal expects it: as it comes, with a line for each step and one more for a failure.
 * Each follower needs an encoder of its own: it tracks whether the last line is complete.
 */
export function encodeText({ raw, progress = false }: TextOptions = { raw: false }): Encoder {
  let wholeLine = true;
  let wake: string | undefined;
  let write = printed(raw);
  const textOf = (event: RunEvent): string => {
    const line = (text: string) => `${wholeLine ? "" : "\n"}[${plainLine(text)}]\n`;
    switch (event.type) {
      case "attempt_started":
        write = printed(raw);
        return "";
      case "output":
        return (event.cut ? withCut("", event.cut) : "") + write[event.stream](event.text);
      case "waking": {
        // Each phase is an event; a terminal is told once a wake.
        if (!progress || event.since === wake) return "";
        wake = event.since;
        const usual = event.usual ? ` ${usualWords(event.usual, 0)}` : "";
        return line(`${PROGRESS_WORDS.waking}.${usual}`);
      }
      case "step_started":
        return line(event.name.split("\n")[0]!);
      case "step_ended":
        if (event.exit_code === 0) return "";
        return line(`${exitWords(event)} after ${duration(event.ran_s)}`);
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

type Batches = (signal: AbortSignal) => AsyncGenerator<readonly RunEvent[]>;

/** Limits open streams. */
export interface StreamAdmission {
  enter: (c: Context) => () => void;
  /** Ends every stream. */
  closing: AbortSignal;
  /** How long a reader may leave its data unread; 5 min unless given. */
  patienceMs?: number;
}

/**
 * Takes the stream's place before the run is made: a refused caller repeats its request, and would get a
 * second run. `refused` frees the place where no run is made.
 */
export function reserveStream(
  c: Context,
  streamAdmission: StreamAdmission,
): StreamAdmission & { refused: (error: unknown) => never } {
  const leave = streamAdmission.enter(c);
  return {
    ...streamAdmission,
    enter: () => leave,
    refused(error) {
      leave();
      throw error;
    },
  };
}

/**
 * A reader that pages in a terminal, or whose laptop sleeps, may continue after a while. Meanwhile it costs
 * a connection and the data of one read, however much the run prints.
 */
const PATIENCE_MS = 300_000;

export function sse(
  c: Context,
  streamAdmission: StreamAdmission,
  batches: Batches,
  encode: Encoder,
): Response {
  const first = "retry: 1000\n\n";
  return stream(c, "text/event-stream", () => streamOf(c, streamAdmission, batches, encode, first));
}

export function text(
  c: Context,
  streamAdmission: StreamAdmission,
  batches: Batches,
  encode: Encoder,
): Response {
  return stream(c, "text/plain", () => streamOf(c, streamAdmission, batches, encode));
}

function stream(c: Context, type: string, body: () => ReadableStream): Response {
  // An answer to HEAD has no body: no reader would consume or end it.
  return new Response(c.req.method === "HEAD" ? null : body(), {
    headers: {
      "content-type": `${type}; charset=utf-8`,
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      // A buffering proxy would delay events.
      "x-accel-buffering": "no",
    },
  });
}

/**
 * A body that ends with its source, and ends its source when the reader goes away. Backpressure: the source
 * is read only as fast as the reader reads. A reader that reads nothing for `patienceMs` is disconnected
 * and resumes at its cursor.
 */
function streamOf(
  c: Context,
  streamAdmission: StreamAdmission,
  batches: Batches,
  encode: Encoder,
  first = "",
): ReadableStream<Uint8Array> {
  const leave = streamAdmission.enter(c);
  const encoder = new TextEncoder();
  const gone = new AbortController();
  const close = () => gone.abort();
  streamAdmission.closing.addEventListener("abort", close, { once: true });
  if (streamAdmission.closing.aborted) close();
  const source = batches(gone.signal);
  const { patienceMs = PATIENCE_MS } = streamAdmission;
  const cut = () => void (c.env as RequestEnvironment | undefined)?.answer?.destroy();
  let untaken: NodeJS.Timeout | undefined;
  let over = false;
  const end = () => {
    over = true;
    clearTimeout(untaken);
    streamAdmission.closing.removeEventListener("abort", close);
    leave();
  };
  return new ReadableStream({
    start(controller) {
      if (first) controller.enqueue(encoder.encode(first));
    },
    async pull(controller) {
      clearTimeout(untaken);
      for (;;) {
        const { done, value } = await source.next().catch((error: unknown) => {
          end();
          throw error;
        });
        if (done) {
          end();
          return controller.close();
        }
        // The reader left during the read.
        if (over) return;
        const text = encode(value);
        if (!text) continue;
        untaken = setTimeout(cut, patienceMs);
        return controller.enqueue(encoder.encode(text));
      }
    },
    async cancel() {
      end();
      gone.abort();
      await source.return(undefined);
    },
  });
}
