import type { StepEnded, StepStarted } from "../../protocol/events.ts";
import type { OutputBatch, OutputChunk } from "../../protocol/responder.ts";
import { MAX_BATCH_CHUNKS } from "../../protocol/sizes.ts";

/** A one-liner's first words then travel in its finish call: one call less before its result is there. */
const FIRST_WAIT_MS = 40;
const WAIT_MS = 50;
const FULL_CHARACTERS = 32 * 1024;
/** Escaped in JSON, a character takes six bytes at most: well below the bound on a batch. */
const MAX_CHARACTERS = 512 * 1024;

/** Two streams of each of the steps that run beside one another. */
const LOOKED_BACK = 8;

/** Output, or where a step begins or ends. */
type Chunk = OutputChunk | StepStarted | StepEnded;

/** Sends chunks in numbered batches, one at a time and in order. */
export interface Batches {
  add(chunk: Chunk): void;
  /** Sends all but the last batch, which it resolves with; undefined where nothing is left. */
  finish(): Promise<OutputBatch | undefined>;
}

/** `send` resolves once the batch is acknowledged and rejects only where the attempt is over. */
export function startBatches(send: (batch: OutputBatch) => Promise<void>): Batches {
  const waiting: Chunk[] = [];
  let characters = 0;
  let seq = 0;
  let timer: NodeJS.Timeout | undefined;
  let inFlight: Promise<void> | undefined;
  let finishing = false;
  let failure: { error: unknown } | undefined;

  const next = (): OutputBatch => {
    let taken = 0;
    let size = 0;
    for (const chunk of waiting) {
      const length = countCharacters(chunk);
      if (taken === MAX_BATCH_CHUNKS || (taken > 0 && size + length > MAX_CHARACTERS)) break;
      size += length;
      taken++;
    }
    characters -= size;
    return { seq: ++seq, chunks: waiting.splice(0, taken) };
  };

  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    if (inFlight || failure || waiting.length === 0) return;
    inFlight = send(next()).then(
      () => {
        inFlight = undefined;
        schedule();
      },
      (error: unknown) => {
        inFlight = undefined;
        failure = { error };
      },
    );
  };

  const schedule = () => {
    if (inFlight || failure || finishing || waiting.length === 0) return;
    if (characters >= FULL_CHARACTERS) return flush();
    timer ??= setTimeout(flush, seq === 0 ? FIRST_WAIT_MS : WAIT_MS);
  };

  return {
    add(chunk) {
      const index = "stream" in chunk && chunk.cut === undefined ? lastOf(waiting, chunk.step) : -1;
      const last = waiting[index];
      if (
        last !== undefined &&
        "stream" in last &&
        "stream" in chunk &&
        last.stream === chunk.stream &&
        last.text.length < FULL_CHARACTERS
      ) {
        waiting[index] = { ...last, text: last.text + chunk.text };
      } else {
        waiting.push(chunk);
      }
      characters += countCharacters(chunk);
      schedule();
    },
    async finish() {
      finishing = true;
      clearTimeout(timer);
      for (;;) {
        await inFlight;
        if (failure) throw failure.error;
        if (waiting.length === 0) return undefined;
        if (characters <= MAX_CHARACTERS && waiting.length <= MAX_BATCH_CHUNKS) return next();
        flush();
      }
    },
  };
}

/** The place of a step's last waiting output that only output of other steps follows, or -1. */
function lastOf(waiting: readonly Chunk[], step: number | undefined): number {
  for (
    let index = waiting.length - 1;
    index >= Math.max(0, waiting.length - LOOKED_BACK);
    index--
  ) {
    const chunk = waiting[index]!;
    if (!("stream" in chunk)) return -1;
    if (chunk.step === step) return index;
  }
  return -1;
}

/** Characters of text that a chunk adds to its batch; a mark has no more than its name and some numbers. */
function countCharacters(chunk: Chunk): number {
  if ("stream" in chunk) return chunk.text.length;
  return 200 + (chunk.type === "step_started" ? chunk.name.length : 0);
}
