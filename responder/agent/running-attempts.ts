import type { Assignment, FinishRequest, Holding } from "../../protocol/responder.ts";
import type { Claimed } from "../client/responder-calls.ts";
import { executeAttempt, type AttemptContext, type Interruption } from "./attempt.ts";
import type { ClaimNumbers } from "./claim-numbers.ts";
import { keepLeases, type LeaseKeeper } from "./leases.ts";

export interface RunningAttemptsOptions extends Omit<
  AttemptContext,
  "signal" | "ended" | "finishing" | "claiming"
> {
  readonly numbers: ClaimNumbers;
  readonly slots: number;
  /** Ends all attempts, with an `Interruption` as its reason. */
  readonly signal: AbortSignal;
  /** Whether a finish call may claim the next runs. */
  mayClaim(): boolean;
  onDrain(): void;
  /** Handles a refusal that concerns the whole responder; false for any other error. */
  onRefused(error: unknown): boolean;
}

type Running = Pick<Assignment, "run" | "attempt"> & { readonly controller: AbortController };

/** The attempts that this responder executes now, with their leases. */
export class RunningAttempts {
  readonly #options: RunningAttemptsOptions;
  readonly #running = new Map<Promise<void>, Running>();
  readonly #leases: LeaseKeeper;
  #busyUntil = performance.now();
  #onFree = () => {};

  constructor(options: RunningAttemptsOptions) {
    this.#options = options;
    const { calls, log, signal, onDrain, onRefused } = options;
    this.#leases = keepLeases({
      renew: (attempts) => calls.renew(attempts, this.holding(), signal),
      onDrain,
      onFailure(error) {
        if (!onRefused(error)) log.warn("leases were not renewed", { error: String(error) });
      },
    });
  }

  get size(): number {
    return this.#running.size;
  }

  /** Seconds since the last attempt ended; 0 while one runs. */
  idleS(): number {
    return this.size > 0 ? 0 : (performance.now() - this.#busyUntil) / 1000;
  }

  /** Restarts the idle time. */
  notIdle(): void {
    this.#busyUntil = performance.now();
  }

  /** What the server is told with each call: everything else that it gave out got lost. */
  holding(number?: number): Holding {
    return {
      number,
      claims_from: this.#options.numbers.from(),
      runs: [...this.#running.values()].map(({ run, attempt }) => ({ run, attempt })),
    };
  }

  /** Renews the leases at once: the answer says which attempts to stop. */
  renewNow(): void {
    this.#leases.renewNow();
  }

  interruptAll(why: Interruption): void {
    for (const { controller } of this.#running.values()) controller.abort(why);
  }

  /** Resolves when an attempt ends or `signal` aborts. */
  freeSlot(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const free = () => {
        signal.removeEventListener("abort", free);
        resolve();
      };
      this.#onFree = free;
      signal.addEventListener("abort", free, { once: true });
    });
  }

  /** Waits for all attempts, and those that their finish calls claim. */
  async close(): Promise<void> {
    while (this.size > 0) await Promise.all(this.#running.keys());
    this.#leases.close();
  }

  /** Executes the assigned runs. */
  startAll({ runs, leasedAt }: Claimed): void {
    for (const assignment of runs) this.#start(assignment, leasedAt);
  }

  #start(assignment: Assignment, leasedAt: number): void {
    const { signal, numbers } = this.#options;
    const { run, attempt } = assignment;
    const controller = new AbortController();
    const interrupt = () => controller.abort(signal.reason);
    signal.addEventListener("abort", interrupt, { once: true });
    if (signal.aborted) interrupt();
    let number: number | undefined;
    const claiming = () => {
      numbers.settle(number);
      const claim = this.#options.mayClaim() ? this.#options.slots - this.size + 1 : 0;
      number = claim > 0 ? numbers.take() : undefined;
      return { claim, holding: this.holding(number) };
    };
    const done = this.#execute(assignment, leasedAt, controller, claiming).then((claimed) => {
      signal.removeEventListener("abort", interrupt);
      this.#running.delete(done);
      const isDropped = controller.signal.reason === "dropped";
      if (assignment.work.kind === "command" && isDropped) this.#reportDropped();
      this.notIdle();
      this.startAll(claimed);
      numbers.settle(number);
      this.#onFree();
    });
    this.#running.set(done, { run, attempt, controller });
  }

  /** Executes an attempt under its lease; resolves with the runs that its finish call claimed. */
  async #execute(
    assignment: Assignment,
    leasedAt: number,
    controller: AbortController,
    claiming: () => Pick<FinishRequest, "claim" | "holding">,
  ): Promise<Claimed> {
    const { log, onRefused } = this.#options;
    const drop = () => controller.abort("dropped" satisfies Interruption);
    let hasEnded = false;
    let isFinishing = false;
    // A running sandbox is killed when its lease lapses. An outcome is kept: a server that was away may still take it.
    const release = this.#leases.hold(assignment, leasedAt, (why) => {
      // A renewal may overtake the finish call's answer, and then says that the run is over.
      if (!isFinishing && (why === "stopped" || !hasEnded)) drop();
    });
    try {
      return await executeAttempt(assignment, {
        ...this.#options,
        signal: controller.signal,
        ended: () => void (hasEnded = true),
        finishing: () => void (isFinishing = true),
        claiming,
      });
    } catch (error) {
      // Only refusals get here: the attempt is no longer ours.
      onRefused(error);
      log.warn("an attempt was dropped", { run: assignment.run, error: String(error) });
      drop();
      return { runs: [], leasedAt };
    } finally {
      release();
    }
  }

  /** Tells the server of a dropped command run: other runs of its lane would wait for the lease to end. */
  #reportDropped(): void {
    const { calls, signal } = this.#options;
    void calls.renew([], this.holding(), signal).catch(() => {});
  }
}
