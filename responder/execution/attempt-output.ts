import type { StepEnded, StepStarted, StreamName } from "../../protocol/events.ts";
import type { OutputBatch } from "../../protocol/responder.ts";
import { startBatches } from "./batches.ts";
import { cutStream, type CutStream, type EndedPart } from "./cut-stream.ts";
import { wholeOutput, type OutputFile } from "./whole-output.ts";

/** Where an execution writes its output. */
export interface AttemptOutput {
  /** `step`: the step that printed it, where it runs beside others. */
  write(stream: StreamName, bytes: Buffer, step?: number): void;
  /** Where a step begins or ends, in order with the output. */
  mark(step: StepStarted | StepEnded): void;
}

/** How an attempt's output ended. */
export interface OutputRest {
  /** The last of it, for the finish call. */
  readonly last: OutputBatch | undefined;
  /** Bytes left out of each stream. */
  readonly cut: { readonly stdout: number; readonly stderr: number };
  /** Where something was left out: all of it, for its new owner to close. */
  readonly whole: OutputFile | undefined;
}

/** Keeps both streams of an attempt within `limitKb` each and has them sent in batches. */
export function attemptOutput(
  limitKb: number,
  send: (batch: OutputBatch) => Promise<void>,
): AttemptOutput & { end(): Promise<OutputRest>; close(): void } {
  const batches = startBatches(send);
  const whole = wholeOutput(limitKb * 1024);
  const streams = {
    stdout: cutStream("stdout", limitKb * 1024),
    stderr: cutStream("stderr", limitKb * 1024),
  };
  const cut = { stdout: 0, stderr: 0 };
  const add = (endOf: (stream: CutStream) => EndedPart) => {
    for (const name of ["stdout", "stderr"] as const) {
      const ended = endOf(streams[name]);
      cut[name] += ended.cut;
      for (const chunk of ended.chunks) batches.add(chunk);
    }
  };
  return {
    write(stream, bytes, step) {
      whole.write(bytes);
      const text = streams[stream].write(bytes, step);
      if (text !== "") batches.add({ stream, text, ...(step !== undefined && { step }) });
    },
    mark(step) {
      // The retained end of a step's output belongs before the mark.
      add((stream) => stream.endPart());
      if (step.type === "step_ended") add((stream) => stream.endPart(step.step));
      batches.add(step);
    },
    async end() {
      add((stream) => stream.end());
      const last = await batches.finish();
      return { last, cut, whole: cut.stdout + cut.stderr > 0 ? whole.take() : undefined };
    },
    close: whole.close,
  };
}
