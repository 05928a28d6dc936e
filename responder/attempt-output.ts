import type { StepEnded, StepStarted, StreamName } from "../protocol/events.ts";
import type { OutputBatch } from "../protocol/responder.ts";
import { startBatches } from "./batches.ts";
import { cutStream } from "./output.ts";

/** What an execution says while it goes on. */
export interface AttemptOutput {
  write(stream: StreamName, bytes: Buffer): void;
  /** Where a step begins or ends, in order with the output. */
  mark(step: StepStarted | StepEnded): void;
}

/** How an attempt's output ended. */
export interface OutputEnd {
  /** The last of it, for the finish call. */
  readonly last: OutputBatch | undefined;
  /** Bytes left out of each stream. */
  readonly cut: { readonly stdout: number; readonly stderr: number };
}

/** Keeps both streams of an attempt within `limitKb` each and has them sent in batches. */
export function attemptOutput(
  limitKb: number,
  send: (batch: OutputBatch) => Promise<void>,
): AttemptOutput & { end(): Promise<OutputEnd> } {
  const batches = startBatches(send);
  const streams = {
    stdout: cutStream("stdout", limitKb * 1024),
    stderr: cutStream("stderr", limitKb * 1024),
  };
  return {
    write(stream, bytes) {
      const text = streams[stream].write(bytes);
      if (text !== "") batches.add({ stream, text });
    },
    mark: (step) => batches.add(step),
    async end() {
      const ends = { stdout: streams.stdout.end(), stderr: streams.stderr.end() };
      for (const chunk of [...ends.stdout.chunks, ...ends.stderr.chunks]) batches.add(chunk);
      const cut = { stdout: ends.stdout.cut, stderr: ends.stderr.cut };
      return { last: await batches.finish(), cut };
    },
  };
}
