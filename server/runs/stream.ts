import type { Context } from "hono";
import type { RunEvent, StreamName } from "../../protocol/events.ts";
import { plainLine, terminalFilter } from "../../protocol/terminal-text.ts";
import { duration, exitWords } from "../../protocol/words.ts";
import type { RequestEnvironment } from "../http/requests/address.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import { withCut } from "./result.ts";

/** Turns batches of events into the bytes of one kind of answer. */
type Encoder = (events: readonly RunEvent[]) => string;

/** An event is written once for all who are told of it. */
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
 * What a terminal expects: the output as it comes, a line for each step, and one more where it did not go
 * well. Each follower needs one of its own: it knows whether the last line is whole.
 */
export function encodeText({ raw }: TextOptions = { raw: false }): Encoder {
  let wholeLine = true;
  let write = printed(raw);
  const textOf = (event: RunEvent): string => {
    const line = (text: string) => `${wholeLine ? "" : "\n"}[${plainLine(text)}]\n`;
    switch (event.type) {
      case "attempt_started":
        write = printed(raw);
        return "";
      case "output":
        return (event.cut ? withCut("", event.cut) : "") + write[event.stream](event.text);
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
        return endLines(event)
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
  /** A program's output byte by byte, whatever it does to a terminal. */
  raw: boolean;
}

/** A program's two streams on their way to a terminal: a filter each, as a sequence may be cut in two. */
function printed(raw: boolean): Record<StreamName, (text: string) => string> {
  const asItIs = (text: string) => text;
  return raw
    ? { stdout: asItIs, stderr: asItIs }
    : { stdout: terminalFilter(), stderr: terminalFilter() };
}

function endLines(event: RunEvent & { type: "ended" }): string[] {
  const artifacts = event.artifacts.map((artifact) => `artifact ${artifact.url}`);
  if (event.state === "succeeded") return artifacts;
  return [...artifacts, `${event.state}: ${event.reason?.message ?? exitWords(event)}`];
}

/** Set where the caller wants what a terminal shows; `?raw=1` asks for the bytes. */
export function wantedText(c: Context): TextOptions | undefined {
  if (!/^text\/plain\b/.test(c.req.header("accept") ?? "")) return undefined;
  const raw = c.req.query("raw") ?? "0";
  if (raw !== "0" && raw !== "1") throw new ApiError("query_invalid", "raw: 0 or 1.");
  return { raw: raw === "1" };
}

type Batches = (signal: AbortSignal) => AsyncGenerator<readonly RunEvent[]>;

/** Lets one more stream in; what it returns is told of its end. */
export interface Door {
  enter: (c: Context) => () => void;
  /** Ends every stream. */
  closing: AbortSignal;
  /** How long a reader may take nothing of what is there; 5 min unless given. */
  patienceMs?: number;
}

/**
 * The door for one who is inside already, before there is a run: whoever is refused asks again, and would get
 * another one. `refused` is called where no run comes of it.
 */
export function enterFirst(c: Context, door: Door): Door & { refused: (error: unknown) => never } {
  const leave = door.enter(c);
  return {
    ...door,
    enter: () => leave,
    refused(error) {
      leave();
      throw error;
    },
  };
}

/**
 * Whoever pages through a terminal, or whose laptop sleeps, may go on after a while. Meanwhile it costs a
 * connection and what one read gave, however much the run prints.
 */
const PATIENCE_MS = 300_000;

export function sse(c: Context, door: Door, batches: Batches, encode: Encoder): Response {
  const first = "retry: 1000\n\n";
  return stream(c, "text/event-stream", () => streamOf(c, door, batches, encode, first));
}

export function text(c: Context, door: Door, batches: Batches, encode: Encoder): Response {
  return stream(c, "text/plain", () => streamOf(c, door, batches, encode));
}

function stream(c: Context, type: string, body: () => ReadableStream): Response {
  // Nobody would read or end the body of an answer to HEAD.
  return new Response(c.req.method === "HEAD" ? null : body(), {
    headers: {
      "content-type": `${type}; charset=utf-8`,
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      // A proxy that buffers would hold back what is to be seen as it comes.
      "x-accel-buffering": "no",
    },
  });
}

/**
 * A body that ends with its source, and ends its source when the reader goes away. What nobody takes is not
 * even read; after a while the connection is cut, and the reader resumes where it was.
 */
function streamOf(
  c: Context,
  door: Door,
  batches: Batches,
  encode: Encoder,
  first = "",
): ReadableStream<Uint8Array> {
  const leave = door.enter(c);
  const encoder = new TextEncoder();
  const gone = new AbortController();
  const close = () => gone.abort();
  door.closing.addEventListener("abort", close, { once: true });
  if (door.closing.aborted) close();
  const source = batches(gone.signal);
  const { patienceMs = PATIENCE_MS } = door;
  const cut = () => void (c.env as RequestEnvironment | undefined)?.answer?.destroy();
  let untaken: NodeJS.Timeout | undefined;
  let over = false;
  const end = () => {
    over = true;
    clearTimeout(untaken);
    door.closing.removeEventListener("abort", close);
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
        // The reader went while this was read: nobody is waited for any more.
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
