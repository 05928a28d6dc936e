/**
 * Sandboxes that wait for a runtime in use: as many as its runs at once, within these bounds. A sandbox takes about as
 * long to start as a one-liner to run, so with one alone the next run would wait.
 */
const WAITING = { least: 2, most: 8 } as const;

/** Below this memory only one of each runtime waits: each takes 10 to 40 MB. */
const SCARCE_BYTES = 256 * 2 ** 20;

/** How much a runtime is used. */
export class Demand {
  #running = 0;
  /** The most at once since the last rest. */
  #peak = 0;

  begin(): void {
    this.#peak = Math.max(this.#peak, ++this.#running);
  }

  end(): void {
    this.#running--;
  }

  /** Forgets the past; whether nothing runs. */
  rest(): boolean {
    this.#peak = this.#running;
    return this.#running === 0;
  }

  /** How many sandboxes should wait. */
  wished(availableBytes = process.availableMemory()): number {
    if (availableBytes < SCARCE_BYTES) return 1;
    return Math.min(Math.max(this.#peak, WAITING.least), WAITING.most);
  }
}
