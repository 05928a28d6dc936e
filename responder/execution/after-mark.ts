import type { StreamName } from "../../protocol/events.ts";
import type { OnOutput } from "../sandbox/result.ts";

/** What is kept of each stream before the mark, in case the program ends before it. */
const KEPT_BYTES = 64 * 1024;

/** Passes on the output of each stream that follows a mark, wherever the mark is split. */
export class AfterMark {
  readonly #mark: Buffer;
  readonly #write: OnOutput;
  readonly #held: Record<StreamName, Buffer | undefined> = {
    stdout: Buffer.alloc(0),
    stderr: Buffer.alloc(0),
  };

  constructor(mark: string, write: OnOutput) {
    this.#mark = Buffer.from(mark);
    this.#write = write;
  }

  readonly write: OnOutput = (stream, bytes) => {
    const held = this.#held[stream];
    if (held === undefined) return this.#write(stream, bytes);
    const all = Buffer.concat([held, bytes]);
    const at = all.indexOf(this.#mark);
    if (at === -1) {
      this.#held[stream] = all.subarray(-KEPT_BYTES);
      return undefined;
    }
    this.#held[stream] = undefined;
    const rest = all.subarray(at + this.#mark.length);
    if (rest.length > 0) this.#write(stream, rest);
  };

  /** Ends both streams. A stream without the mark ended in code before it: its last output says why. */
  end(): void {
    for (const stream of ["stdout", "stderr"] as const) {
      const held = this.#held[stream];
      if (held !== undefined && held.length > 0) this.#write(stream, held);
      this.#held[stream] = undefined;
    }
  }
}
