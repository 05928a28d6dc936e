import type { Context } from "hono";
import type { RunEvent } from "../../protocol/events.ts";
import type { RequestEnvironment } from "../http/requests/address.ts";
import type { Encoder } from "./encode.ts";

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
