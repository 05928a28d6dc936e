import * as v from "valibot";
import {
  RestoreCachesAnswerSchema,
  type CheckoutRequest,
  type SavedCache,
} from "../../protocol/command.ts";
import { paths } from "../../protocol/paths.ts";
import {
  ClaimAnswerSchema,
  ManifestAnswerSchema,
  RenewAnswerSchema,
  type Assignment,
  type ClaimAnswer,
  type FinishRequest,
  type Holding,
  type LeaveReason,
  type ManifestEntry,
  type OutputBatch,
} from "../../protocol/responder.ts";
import type { ServerClient } from "./server-client.ts";

const Empty = v.unknown();
/** Over the longest poll, so that the server ends it and not we. */
const POLL_SLACK_MS = 10_000;
/** The server sends the first of several lines at once: a proxy that holds answers back is noticed. */
const FIRST_LINE_MS = 5_000;

export interface ClaimOptions {
  readonly slots: number;
  /** Most lines with runs. */
  readonly lines: number;
  /** Throws `NothingYet` where the first line takes too long. What it gave is lost then, and retried. */
  readonly isTrial: boolean;
  readonly waitS: number;
  readonly holding: Holding;
}

/** A run's attempt. */
export type Attempt = Pick<Assignment, "run" | "attempt">;

/** When the program began, where the server does not know it yet. */
export type Began = Pick<FinishRequest, "began_ago_s">;

/** Assigned runs, and when their leases began at the earliest, in monotonic milliseconds. */
export interface Claimed {
  readonly runs: readonly Assignment[];
  readonly leasedAt: number;
  /** A renewal is due at once. */
  readonly mustRenew?: true | undefined;
}

const claimedBy = (sent: number, { runs, after_s: afterS, ...more }: ClaimAnswer): Claimed => ({
  runs,
  leasedAt: sent + afterS * 1000,
  mustRenew: more.must_renew,
});

/** The calls of a registered responder, each tried once. */
export type ResponderCalls = ReturnType<typeof responderCalls>;

export function responderCalls(client: ServerClient, token: string) {
  return {
    /** Passes on the runs of each line as they come; resolves when the server has ended the lines. */
    claim: async (
      { slots, lines, isTrial, waitS, holding }: ClaimOptions,
      onClaimed: (claimed: Claimed) => void,
      signal: AbortSignal,
    ): Promise<void> => {
      const body = { slots, wait_s: waitS, lines, holding };
      const timeoutMs = waitS * 1000 + POLL_SLACK_MS;
      const firstMs = isTrial ? FIRST_LINE_MS : undefined;
      const sent = performance.now();
      const onLine = (answer: ClaimAnswer) => onClaimed(claimedBy(sent, answer));
      const options = { token, signal, timeoutMs, firstMs };
      await client.postForLines(paths.responder.claim, body, ClaimAnswerSchema, onLine, options);
    },
    renew: (runs: readonly Attempt[], holding: Holding, signal: AbortSignal) =>
      client.post(paths.responder.renew, { runs, holding }, RenewAnswerSchema, {
        token,
        signal,
        timeoutMs: 5_000,
      }),
    started: async ({ run, attempt }: Attempt, began: Began, signal: AbortSignal) => {
      const body = { attempt, ...began };
      await client.post(paths.responder.started(run), body, Empty, { token, signal });
    },
    output: async ({ run, attempt }: Attempt, batch: OutputBatch & Began, signal: AbortSignal) => {
      const body = { attempt, ...batch };
      await client.post(paths.responder.output(run), body, Empty, { token, signal });
    },
    artifacts: async (
      { run, attempt }: Attempt,
      artifacts: readonly ManifestEntry[],
      signal: AbortSignal,
    ) => {
      const body = { attempt, artifacts };
      const options = { token, signal };
      const path = paths.responder.artifacts(run);
      return (await client.post(path, body, ManifestAnswerSchema, options)).uploads;
    },
    checkout: async (run: string, body: CheckoutRequest, signal: AbortSignal): Promise<void> => {
      await client.post(paths.responder.checkout(run), body, Empty, { token, signal });
    },
    restoreCaches: async (
      { run, attempt }: Attempt,
      names: readonly string[],
      signal: AbortSignal,
    ) => {
      const body = { attempt, names };
      const options = { token, signal };
      return (
        await client.post(paths.responder.caches(run), body, RestoreCachesAnswerSchema, options)
      ).caches;
    },
    saveCaches: async (
      { run, attempt }: Attempt,
      caches: readonly SavedCache[],
      signal: AbortSignal,
    ) => {
      const body = { attempt, caches };
      const options = { token, signal };
      const path = paths.responder.saveCaches(run);
      return (await client.post(path, body, ManifestAnswerSchema, options)).uploads;
    },
    finish: async (run: string, body: FinishRequest, signal: AbortSignal): Promise<Claimed> => {
      const options = { token, signal };
      const sent = performance.now();
      return claimedBy(
        sent,
        await client.post(paths.responder.finish(run), body, ClaimAnswerSchema, options),
      );
    },
    leave: async (signal: AbortSignal, reason?: LeaveReason): Promise<void> => {
      const options = { token, signal, timeoutMs: 5_000 };
      await client.post(paths.responder.leave, { reason }, Empty, options);
    },
  };
}
