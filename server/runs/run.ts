import type { Actor } from "../../protocol/actors.ts";
import type { EventBody } from "../../protocol/events.ts";
import { REASONS, type ReasonCode } from "../../protocol/reasons.ts";
import type { Outcome } from "../../protocol/outcome.ts";
import {
  isEnded,
  type Artifact,
  type EndState,
  type Reason,
  type RunState,
  type Truncated,
  type Waking,
} from "../../protocol/run.ts";
import { parseValue } from "../../protocol/value.ts";

/** The part of a run that the lifecycle decides on. */
export interface Run {
  state: RunState;
  /** Attempts started so far. */
  attempt: number;
  /** Most attempts: one more for each that was lost with its machine before the program started. */
  maxAttempts: number;
  /** False: a lost attempt is not retried once its program may have started. */
  repeatable: boolean;
  createdAt: number;
  /** While `retrying`: when the next attempt may be claimed. */
  availableAt: number;
  /** When the program of the current attempt was reported to start. */
  startedAt: number | null;
  endedAt: number | null;
}

/** Inputs of the lifecycle. The sender has checked the lease, so an old attempt sends none. */
export type RunInput =
  | { type: "machine_waking"; waking: Waking }
  | { type: "claimed" }
  /** `at`: when the program began. */
  | { type: "started"; at: number }
  | { type: "finished"; outcome: Outcome; artifacts: Artifact[] }
  | { type: "attempt_lost"; reason: ReasonCode; detail?: string }
  | { type: "wake_failed"; reason: ReasonCode; detail?: string }
  | { type: "given_up"; reason: ReasonCode; detail?: string }
  /** `by` is absent where its last reader left, or its project was removed. */
  | { type: "canceled"; by?: Actor; reason?: "canceled" | "newer_push" };

export interface Transition {
  run: Run;
  events: EventBody[];
}

/** Faults of machines, independent of their work. */
const MISHAPS: readonly ReasonCode[] = [
  "lease_lapsed",
  "machine_gone",
  "handed_back",
  "taken_back",
  "not_heard",
];
/** No fault, so no failure is reported. */
const NOTHING_TO_DO: readonly string[] = ["schedule_gone", "commit_skips"];
/** The limit holds for machine faults too: a run that never starts may be their cause. */
const MAX_ATTEMPTS = 10;

/** Backoff in milliseconds before attempt `next`: 0.5 s, then twice as long each time. */
export function retryDelayMs(next: number): number {
  return Math.min(500 * 2 ** (next - 2), 30_000);
}

/**
 * The lifecycle: from a run and an input, the run after it and the events to store. Returns undefined where
 * the input does not apply in this state: a repeat, or too late.
 */
export function transition(run: Run, input: RunInput, now: number): Transition | undefined {
  if (isEnded(run.state)) return undefined;
  switch (input.type) {
    case "machine_waking": {
      const mayWake = run.state === "queued" || run.state === "waking" || isDue(run, now);
      if (!mayWake) return undefined;
      return {
        run: { ...run, state: "waking" },
        events: [{ type: "waking", ...input.waking }],
      };
    }
    case "claimed": {
      const claimable = run.state === "queued" || run.state === "waking" || isDue(run, now);
      if (!claimable) return undefined;
      const attempt = run.attempt + 1;
      return {
        run: { ...run, state: "running", attempt, startedAt: null },
        events: [{ type: "attempt_started", attempt, max_attempts: run.maxAttempts }],
      };
    }
    case "started": {
      if (run.state !== "running" || run.startedAt !== null) return undefined;
      return { run: { ...run, startedAt: input.at }, events: [] };
    }
    case "finished":
      return run.state === "running" ? finished(run, input, now) : undefined;
    case "attempt_lost":
      return run.state === "running" ? lost(run, input, now) : undefined;
    case "wake_failed": {
      // A machine that never came counts as an attempt: readers would otherwise wait for one after another.
      if (run.state !== "waking") return undefined;
      return lost({ ...run, attempt: run.attempt + 1, startedAt: null }, input, now);
    }
    case "given_up":
      // A machine may have claimed it since that was decided.
      if (run.state === "running") return undefined;
      return ended(run, "errored", now, { reason: reasonOf(input.reason, input.detail) });
    case "canceled":
      return ended(run, "canceled", now, { reason: reasonOf(input.reason ?? "canceled") });
    default:
      return input satisfies never;
  }
}

function isDue(run: Run, now: number): boolean {
  return run.state === "retrying" && run.availableAt <= now;
}

function lost(run: Run, by: { reason: ReasonCode; detail?: string }, now: number): Transition {
  const reason = reasonOf(by.reason, by.detail);
  if (!run.repeatable && run.startedAt !== null) {
    return ended(run, "errored", now, { reason: reasonOf("not_repeatable", reason.message) });
  }
  const spared = run.startedAt === null && MISHAPS.includes(by.reason);
  const maxAttempts = spared ? Math.min(run.maxAttempts + 1, MAX_ATTEMPTS) : run.maxAttempts;
  if (run.attempt >= maxAttempts) return ended(run, "errored", now, { reason });
  const next = run.attempt + 1;
  // A run that no machine held needs no backoff.
  const availableAt = now + (by.reason === "not_heard" ? 0 : retryDelayMs(next));
  return {
    run: { ...run, state: "retrying", availableAt, startedAt: null, maxAttempts },
    events: [
      {
        type: "retrying",
        attempt: next,
        max_attempts: maxAttempts,
        reason,
        retry_at: new Date(availableAt).toISOString(),
      },
    ],
  };
}

function finished(
  run: Run,
  { outcome, artifacts }: { outcome: Outcome; artifacts: Artifact[] },
  now: number,
): Transition {
  const facts = {
    artifacts,
    exit_code: outcome.exit_code,
    signal: outcome.signal,
    truncated: outcome.truncated,
    ran_s: outcome.ran_s,
    cpu_s: outcome.cpu_s,
    memory_peak_mb: outcome.memory_peak_mb,
    ...valueOf(outcome),
  };
  switch (outcome.cause) {
    case "exited":
      return ended(run, outcome.exit_code === 0 ? "succeeded" : "failed", now, facts);
    case "wall_time":
    case "cpu_time":
      return ended(run, "timed_out", now, {
        ...facts,
        reason: reasonOf(outcome.cause, outcome.detail),
      });
    case "memory":
      return ended(run, "killed", now, {
        ...facts,
        reason: reasonOf(outcome.cause, outcome.detail),
      });
    case "refused": {
      const reason = reasonOf(outcome.reason ?? "checkout_failed", outcome.detail);
      const state = NOTHING_TO_DO.includes(reason.code) ? "canceled" : "failed";
      return ended(run, state, now, { ...facts, reason });
    }
    case "file_unavailable":
      return ended(run, "errored", now, { reason: reasonOf(outcome.cause, outcome.detail) });
    case "handed_back":
    case "taken_back":
    case "sandbox_failed":
    case "upload_failed":
      return lost(run, { reason: outcome.cause }, now);
    default:
      return outcome.cause satisfies never;
  }
}

function ended(
  run: Run,
  state: EndState,
  now: number,
  facts: {
    reason?: Reason;
    exit_code?: number | null;
    signal?: string | null;
    truncated?: Truncated;
    artifacts?: Artifact[];
    ran_s?: number;
    cpu_s?: number;
    memory_peak_mb?: number;
    value?: unknown;
    value_problem?: string;
  },
): Transition {
  return {
    run: { ...run, state, endedAt: now },
    events: [
      {
        type: "ended",
        state,
        reason: facts.reason ?? null,
        exit_code: facts.exit_code ?? null,
        signal: facts.signal ?? null,
        truncated: facts.truncated ?? { stdout: 0, stderr: 0, artifacts: 0 },
        artifacts: facts.artifacts ?? [],
        attempt: run.attempt,
        times: {
          queued: new Date(run.createdAt).toISOString(),
          started: run.startedAt === null ? undefined : new Date(run.startedAt).toISOString(),
          ended: new Date(now).toISOString(),
          ran_s: facts.ran_s,
        },
        cpu_s: facts.cpu_s,
        memory_peak_mb: facts.memory_peak_mb,
        value: facts.value,
        value_problem: facts.value_problem,
      },
    ],
  };
}

/** A responder's value is parsed again: its machine ran foreign code. */
function valueOf({ value, value_problem }: Outcome): { value?: unknown; value_problem?: string } {
  if (value === undefined) return { value_problem };
  const parsed = parseValue(value);
  return parsed.problem === undefined ? { value: parsed.value } : { value_problem: parsed.problem };
}

function reasonOf(code: ReasonCode, detail?: string): Reason {
  if (detail === undefined) return { code, message: REASONS[code] };
  // Several errors in a file take a line each, the first of them too.
  const between = detail.includes("\n") ? "\n" : " ";
  return { code, message: `${REASONS[code]}${between}${detail}` };
}
