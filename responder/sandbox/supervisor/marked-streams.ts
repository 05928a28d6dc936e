import { randomBytes } from "node:crypto";
import type { StreamName } from "../../../protocol/events.ts";
import type { OnOutput } from "../result.ts";

/** Output in which marks say where that of one program ends. */
export interface MarkedStreams {
  /** Takes output, removes marks and passes the rest on. */
  write: OnOutput;
  /** A text to be written to both streams, and when it was seen on both. What comes before it goes to `write`. */
  expect(write?: OnOutput): { readonly text: string; readonly seen: Promise<void> };
}

/**
 * Output and exit codes arrive on different channels, so an exit does not mean that all output has arrived: a random
 * mark after it does. A program that guessed the mark would only cut its own output's wait short.
 */
export function markedStreams(onOutput: OnOutput): MarkedStreams {
  let mark: Buffer | undefined;
  const held: Record<StreamName, Buffer> = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
  let seen: Record<StreamName, () => void> | undefined;

  const to: Record<StreamName, OnOutput> = { stdout: onOutput, stderr: onOutput };

  const pass = (stream: StreamName, bytes: Buffer) => {
    if (bytes.length > 0) to[stream](stream, bytes);
  };
  return {
    write(stream, bytes) {
      const all = held[stream].length > 0 ? Buffer.concat([held[stream], bytes]) : bytes;
      const at = mark === undefined ? -1 : all.indexOf(mark);
      if (mark !== undefined && at >= 0) {
        held[stream] = Buffer.alloc(0);
        pass(stream, all.subarray(0, at));
        to[stream] = onOutput;
        pass(stream, all.subarray(at + mark.length));
        seen?.[stream]();
        return;
      }
      const begun = mark === undefined ? 0 : partialMark(mark, all);
      pass(stream, all.subarray(0, all.length - begun));
      held[stream] = all.subarray(all.length - begun);
    },
    expect(write = onOutput) {
      to.stdout = to.stderr = write;
      const text = `\0${randomBytes(16).toString("hex")}\n`;
      mark = Buffer.from(text);
      const stdout = Promise.withResolvers<void>();
      const stderr = Promise.withResolvers<void>();
      seen = { stdout: stdout.resolve, stderr: stderr.resolve };
      return { text, seen: Promise.all([stdout.promise, stderr.promise]).then(() => {}) };
    },
  };
}

/** How many bytes at the end of `bytes` may be the beginning of `mark`. */
function partialMark(mark: Buffer, bytes: Buffer): number {
  const first = bytes.indexOf(mark[0]!, Math.max(0, bytes.length - mark.length + 1));
  for (let at = first; at >= 0; at = bytes.indexOf(mark[0]!, at + 1)) {
    const tail = bytes.subarray(at);
    if (mark.subarray(0, tail.length).equals(tail)) return tail.length;
  }
  return 0;
}
