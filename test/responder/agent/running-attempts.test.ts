import { getEventListeners } from "node:events";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Assignment } from "../../../protocol/responder.ts";
import { claimNumbers } from "../../../responder/agent/claim-numbers.ts";
import { RunningAttempts } from "../../../responder/agent/running-attempts.ts";
import type { Claimed, ResponderCalls } from "../../../responder/client/responder-calls.ts";
import type { Execution } from "../../../responder/execution/execution.ts";
import { serverClient } from "../../../responder/client/server-client.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const assignment = (run: string) =>
  ({ run, attempt: 1, lease_s: 3, work: { kind: "block" } }) as unknown as Assignment;

/** A program of `ms` milliseconds, unless it is stopped. */
function program(ms: number): Execution {
  return {
    limits: { output_kb: 1, wall_s: 60, cpu_s: 60, memory_mb: 64 },
    prepare: async () => {},
    run: (_, signal) =>
      new Promise((resolve) => {
        const end = (cause: "exited" | "stopped") =>
          resolve({ cause, exitCode: 0, signal: null, ranS: ms / 1000 });
        setTimeout(() => end("exited"), ms);
        signal.addEventListener("abort", () => end("stopped"));
      }),
    collect: async () => undefined,
    discard: async () => {},
  };
}

/** Attempts whose finish calls are answered after two seconds, and whose renewals stop `a`. */
function attemptsOf(ms: number) {
  const seen = { finished: [] as string[], started: [] as string[] };
  const calls: Partial<ResponderCalls> = {
    renew: async () => ({ lease_s: 3, stop: ["a"], drain: false }),
    started: async () => {},
    finish: (run, _, signal) =>
      new Promise<Claimed>((resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason as Error));
        setTimeout(() => {
          seen.finished.push(run);
          const runs = run === "a" ? [assignment("b")] : [];
          resolve({ runs, leasedAt: performance.now() });
        }, 2_000);
      }),
  };
  const attempts = new RunningAttempts({
    calls: calls as ResponderCalls,
    client: serverClient("http://127.0.0.1:1"),
    serverUrl: "http://127.0.0.1:1",
    log: { info() {}, warn() {} },
    execution({ run }) {
      seen.started.push(run);
      return program(ms);
    },
    numbers: claimNumbers(),
    slots: 1,
    signal: new AbortController().signal,
    mayClaim: () => true,
    onDrain() {},
    onRefused: () => false,
  });
  return { attempts, seen };
}

test("a renewal that overtakes the answer to a finish call loses no run that the answer brings", async () => {
  const { attempts, seen } = attemptsOf(20);
  attempts.startAll({ runs: [assignment("a")], leasedAt: performance.now() });
  await vi.advanceTimersByTimeAsync(2_100);
  expect(seen).toEqual({ finished: ["a"], started: ["a", "b"] });
});

test("a renewal stops a run whose program has not ended", async () => {
  const { attempts, seen } = attemptsOf(60_000);
  attempts.startAll({ runs: [assignment("a")], leasedAt: performance.now() });
  await vi.advanceTimersByTimeAsync(2_100);
  expect(attempts.size).toBe(0);
  expect(seen).toEqual({ finished: [], started: ["a"] });
});

test("waiting for a free slot leaves nothing at the signal, which lives as long as the responder", async () => {
  const { attempts } = attemptsOf(20);
  const { signal } = new AbortController();
  for (const run of ["c", "d", "e"]) {
    attempts.startAll({ runs: [assignment(run)], leasedAt: performance.now() });
    const free = attempts.freeSlot(signal);
    await vi.advanceTimersByTimeAsync(2_100);
    await free;
  }
  expect(getEventListeners(signal, "abort")).toEqual([]);
});
