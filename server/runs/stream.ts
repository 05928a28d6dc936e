import type { RunEvent } from "../../protocol/events.ts";
import { withCut } from "./result.ts";

/** Turns batches of events into the bytes of one kind of answer. */
export type Encoder = (events: RunEvent[]) => string;

/** One run: an event's SSE id is the run's own number. */
export const encodeOne: Encoder = (events) =>
  events.length === 0
    ? ": still here\n\n"
    : events.map((event) => `id: ${event.id}\ndata: ${JSON.stringify(event)}\n\n`).join("");

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
        return `id: ${id}\ndata: ${JSON.stringify(event)}\n\n`;
      })
      .join("");
  };
}

/** What a terminal expects: the output as it comes, and one line more where it did not go well. */
export const encodeText: Encoder = (events) => events.map(textOf).join("");

function textOf(event: RunEvent): string {
  switch (event.type) {
    case "output":
      return (event.cut ? withCut("", event.cut) : "") + event.text;
    case "retrying":
      return `[${event.reason.message} Retrying (${event.attempt} of ${event.max_attempts}).]\n`;
    case "ended":
      return endLine(event);
    default:
      return "";
  }
}

function endLine(event: RunEvent & { type: "ended" }): string {
  const artifacts = event.artifacts.map((artifact) => `[artifact ${artifact.url}]\n`).join("");
  if (event.state === "succeeded") return artifacts;
  const how = event.signal ? `ended by ${event.signal}` : `exit status ${event.exit_code}`;
  return `${artifacts}[${event.state}: ${event.reason?.message ?? how}]\n`;
}

/** A body that ends with its source, and ends its source when the reader goes away. */
export function streamOf(
  batches: (signal: AbortSignal) => AsyncGenerator<RunEvent[]>,
  encode: Encoder,
  first = "",
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const gone = new AbortController();
  const source = batches(gone.signal);
  return new ReadableStream({
    start(controller) {
      if (first) controller.enqueue(encoder.encode(first));
    },
    async pull(controller) {
      for (;;) {
        const { done, value } = await source.next();
        if (done) return controller.close();
        const text = encode(value);
        if (text) return controller.enqueue(encoder.encode(text));
      }
    },
    async cancel() {
      gone.abort();
      await source.return(undefined);
    },
  });
}
