import type { Assignment, Holding } from "../../protocol/responder.ts";
import { executeAttempt, type AttemptContext, type Interruption } from "./attempt.ts";
import type { ClaimNumbers } from "./claim-numbers.ts";
import { keepLeases } from "./leases.ts";
import type { ResponderCalls } from "../client/responder-calls.ts";
import { untilAnswered } from "../client/retry.ts";
import { ServerRefusal } from "../client/server-client.ts";

/** The longest one poll waits. */
const POLL_S = 20;

/** Why a responder claims no more. */
export type LoopEnd = "idle" | "drained" | "token_wrong";

export interface LoopOptions extends Omit<
  AttemptContext,
  "signal" | "ended" | "claiming" | "calls"
> {
  readonly calls: ResponderCalls;
  readonly numbers: ClaimNumbers;
  readonly slots: number;
  readonly idleS: number;
  /** Ends everything that runs, with an `Interruption` as its reason. */
  readonly signal: AbortSignal;
  /** Stops claiming; running attempts continue. */
  readonly drain: AbortSignal;
}

/**
 * Claims and executes runs until the responder has been idle for `idleS`, is drained, or loses its token. Resolves once
 * no attempt runs.
 */
export async function claimLoop(options: LoopOptions): Promise<LoopEnd> {
  const { calls, log, numbers, slots, signal } = options;
  const running = new Map<
    Promise<void>,
    Pick<Assignment, "run" | "attempt"> & { controller: AbortController }
  >();
  // Ends polls; attempts go on unless they are interrupted as well.
  const stopClaiming = new AbortController();
  const claiming = AbortSignal.any([signal, stopClaiming.signal]);
  let polling = false;
  let busyUntil = performance.now();
  let onFree = () => {};

  const stop = (end: LoopEnd) => stopClaiming.abort(end);
  const interruptAll = (why: Interruption) => {
    for (const { controller } of running.values()) controller.abort(why);
  };
  const refused = (error: unknown) => {
    if (!(error instanceof ServerRefusal)) return false;
    if (error.code === "machine_leaving") stop("drained");
    else if (error.status === 401) {
      // LeaseKeeper ended with the token.
      interruptAll("dropped");
      stop("token_wrong");
    } else return false;
    return true;
  };
  const onDrain = () => stop("drained");
  options.drain.addEventListener("abort", onDrain, { once: true });
  if (options.drain.aborted) onDrain();
  const holding = (number?: number): Holding => ({
    number,
    claims_from: numbers.from(),
    runs: [...running.values()].map(({ run, attempt }) => ({ run, attempt })),
  });
  const leases = keepLeases({
    renew: (attempts) => calls.renew(attempts, holding(), signal),
    onDrain,
    onFailure: (error) => {
      if (!refused(error)) log.warn("leases were not renewed", { error: String(error) });
    },
  });

  /** Tells the server of a dropped command run: other runs of its lane would wait for the lease to end. */
  const sayLetGo = () => void calls.renew([], holding(), signal).catch(() => {});

  const start = (assignment: Assignment) => {
    const { run, attempt } = assignment;
    const controller = new AbortController();
    let number: number | undefined;
    const drop = () => controller.abort("dropped" satisfies Interruption);
    let isOver = false;
    // A running sandbox is killed when its lease lapses. An outcome is kept: a server that was away may still take it.
    const release = leases.hold(assignment, (why) => {
      if (why === "stopped" || !isOver) drop();
    });
    const interrupt = () => controller.abort(signal.reason);
    signal.addEventListener("abort", interrupt, { once: true });
    if (signal.aborted) interrupt();
    const work = executeAttempt(assignment, {
      ...options,
      signal: controller.signal,
      ended: () => void (isOver = true),
      claiming() {
        numbers.settle(number);
        // A pending poll fills the free slots: a claim here would fill them twice.
        const claim = polling || claiming.aborted ? 0 : slots - running.size + 1;
        number = claim > 0 ? numbers.take() : undefined;
        return { claim, holding: holding(number) };
      },
    }).catch((error: unknown) => {
      // Only refusals get here: the attempt is no longer ours.
      refused(error);
      log.warn("an attempt was dropped", { run, error: String(error) });
      drop();
      return [];
    });
    const done = work.then((claimed) => {
      signal.removeEventListener("abort", interrupt);
      release();
      running.delete(done);
      if (assignment.work.kind === "command" && controller.signal.reason === "dropped") sayLetGo();
      busyUntil = performance.now();
      for (const next of claimed) start(next);
      numbers.settle(number);
      onFree();
    });
    running.set(done, { run, attempt, controller });
  };

  const freeSlot = () =>
    new Promise<void>((resolve) => {
      onFree = resolve;
      claiming.addEventListener("abort", () => resolve(), { once: true });
    });

  const idleLeftS = () => {
    const idle = running.size > 0 ? 0 : (performance.now() - busyUntil) / 1000;
    return options.idleS - idle;
  };

  while (!claiming.aborted) {
    const free = slots - running.size;
    if (free <= 0) {
      await freeSlot();
      continue;
    }
    const waitS = Math.min(POLL_S, Math.max(0, idleLeftS()));
    polling = true;
    let number: number | undefined;
    try {
      const claimed = await untilAnswered(() => {
        numbers.settle(number);
        number = numbers.take();
        return calls.claim(free, waitS, holding(number), claiming);
      }, claiming);
      for (const assignment of claimed) start(assignment);
    } catch (error) {
      if (claiming.aborted) break;
      if (!refused(error)) {
        interruptAll("dropped");
        throw error;
      }
    } finally {
      numbers.settle(number);
      polling = false;
    }
    if (running.size === 0 && idleLeftS() <= 0 && (await mayLeave(calls, claiming))) stop("idle");
    // Its pool has work: the next claim tells whether that is for us.
    else if (running.size === 0 && idleLeftS() <= 0) busyUntil = performance.now();
  }

  while (running.size > 0) await Promise.all(running.keys());
  leases.close();
  options.drain.removeEventListener("abort", onDrain);
  return signal.aborted ? "drained" : (stopClaiming.signal.reason as LoopEnd);
}

/** Whether the server agrees that the responder leaves. */
async function mayLeave(calls: ResponderCalls, signal: AbortSignal): Promise<boolean> {
  try {
    await untilAnswered(() => calls.leave(signal), signal);
    return true;
  } catch (error) {
    if (signal.aborted) return false;
    if (error instanceof ServerRefusal) return error.code !== "work_waiting";
    throw error;
  }
}
