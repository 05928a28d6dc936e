import type { AttemptContext } from "./attempt.ts";
import type { ClaimNumbers } from "./claim-numbers.ts";
import type { Claimed, ResponderCalls } from "../client/responder-calls.ts";
import { isTransient, untilAnswered } from "../client/retry.ts";
import { NothingYet, ServerRefusal } from "../client/server-client.ts";
import { createLineTrial } from "./line-trial.ts";
import { RunningAttempts } from "./running-attempts.ts";

/** The longest one poll waits. */
const POLL_S = 20;

/** Why a responder claims no more. */
export type LoopEnd = "idle" | "drained" | "token_wrong";

export interface LoopOptions extends Omit<
  AttemptContext,
  "signal" | "ended" | "finishing" | "claiming" | "calls"
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
  const { calls, numbers, slots, idleS, signal, drain } = options;
  // Ends polls; attempts go on unless they are interrupted as well.
  const stopClaiming = new AbortController();
  const claiming = AbortSignal.any([signal, stopClaiming.signal]);
  const stop = (end: LoopEnd) => stopClaiming.abort(end);
  const onDrain = () => stop("drained");
  const onRefused = (error: unknown) => {
    if (!(error instanceof ServerRefusal)) return false;
    if (error.code === "machine_leaving") stop("drained");
    else if (error.status === 401) {
      // The leases ended with the token.
      attempts.interruptAll("dropped");
      stop("token_wrong");
    } else return false;
    return true;
  };
  let polling = false;
  const trial = createLineTrial();
  const attempts = new RunningAttempts({
    ...options,
    // A pending poll fills the free slots: a claim by a finish call would fill them twice.
    mayClaim: () => !polling && !claiming.aborted,
    onDrain,
    onRefused,
  });
  drain.addEventListener("abort", onDrain, { once: true });
  if (drain.aborted) onDrain();

  const poll = async () => {
    polling = true;
    let open: number[] = [];
    const settleAll = () => open.splice(0).forEach(numbers.settle);
    const claimOnce = async () => {
      settleAll();
      const free = slots - attempts.size;
      if (free <= 0) return;
      // The cancel of a run that is under way needs a line as well.
      const lines = trial.mayLine() ? Math.max(free, attempts.size > 0 ? 2 : 1) : 1;
      open = Array.from({ length: lines }, numbers.take);
      const waitS = Math.min(POLL_S, Math.max(0, idleS - attempts.idleS()));
      let given = 0;
      const onClaimed = (claimed: Claimed) => {
        if (lines > 1) trial.came(claimed);
        given += claimed.runs.length;
        attempts.startAll(claimed);
        if (claimed.mustRenew) attempts.renewNow();
        if (claimed.runs.length > 0) numbers.settle(open.shift());
      };
      const isTrial = lines > 1 && trial.isTrial();
      const claim = { slots: free, lines, isTrial, waitS, holding: attempts.holding(open[0]) };
      try {
        trial.begin();
        await calls.claim(claim, onClaimed, claiming);
        trial.ended();
      } catch (error) {
        if (error instanceof NothingYet) trial.heldBack();
        // The next poll claims what is free by then.
        if (given === 0 || !isTransient(error)) throw error;
      }
    };
    try {
      await untilAnswered(claimOnce, claiming);
    } catch (error) {
      if (claiming.aborted || onRefused(error)) return;
      attempts.interruptAll("dropped");
      throw error;
    } finally {
      settleAll();
      polling = false;
    }
  };

  while (!claiming.aborted) {
    if (attempts.size >= slots) {
      await attempts.freeSlot(claiming);
      continue;
    }
    await poll();
    if (claiming.aborted || attempts.size > 0 || attempts.idleS() < idleS) continue;
    if (await mayLeave(calls, claiming)) stop("idle");
    // Its pool has work: the next claim tells whether that is for us.
    else attempts.notIdle();
  }

  await attempts.close();
  drain.removeEventListener("abort", onDrain);
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
