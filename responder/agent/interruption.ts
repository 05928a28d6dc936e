import { setTimeout as sleep } from "node:timers/promises";
import type { InterruptionSource } from "../../protocol/registration.ts";
import { ec2Notices, type ProviderNotices } from "./ec2-notices.ts";

const POLL_MS = 5_000;

/** A reader for each format that a launch file may name. */
const FORMATS: Record<InterruptionSource["format"], (url: string) => ProviderNotices> = {
  ec2: ec2Notices,
};

export interface InterruptionOptions {
  readonly source: InterruptionSource;
  readonly signal: AbortSignal;
  readonly pollMs?: number;
  /** The machine is terminated within minutes: running attempts can't be expected to finish. */
  onTakenBack(): void;
  /** The machine may be terminated soon: running attempts may finish, and none should start. */
  onAtRisk(): void;
}

/**
 * Polls the provider's notices and calls each handler at most once. A service that does not answer is polled
 * again without a word. A risk that was there from the start is ignored: the next machine would have it too, and
 * none would ever do anything.
 */
export async function watchInterruption(options: InterruptionOptions): Promise<void> {
  const { source, signal, onTakenBack, onAtRisk, pollMs = POLL_MS } = options;
  const notices = FORMATS[source.format](source.url);
  /** Undefined before the first answer. */
  let atRisk: boolean | undefined;
  while (!signal.aborted) {
    try {
      if (await notices.isTakenBack(signal)) return onTakenBack();
      if (atRisk !== true) {
        const wasKnown = atRisk !== undefined;
        atRisk = await notices.isAtRisk(signal);
        if (atRisk && wasKnown) onAtRisk();
      }
    } catch {
      // The service may start after the responder.
    }
    await sleep(pollMs, undefined, { signal, ref: false }).catch(() => {});
  }
}
