import type { Assignment } from "../../protocol/responder.ts";
import type { Attempt } from "../client/responder-calls.ts";

/** A sandbox is dead this long before its lease is over: the next attempt may begin elsewhere then. */
const MARGIN = 0.1;

/** The server's answer to a renewal. */
export interface Renewal {
  readonly lease_s: number;
  readonly stop: readonly string[];
  readonly drain: boolean;
}

export interface LeaseOptions {
  /** Asks the server to go on; rejects where it gives no answer. */
  renew(attempts: readonly Attempt[]): Promise<Renewal>;
  onDrain(): void;
  /** A renewal was refused or not answered; leases that lapse of it are dropped by their own time. */
  onFailure(error: unknown): void;
  /** Monotonic milliseconds. */
  now?(): number;
}

/** Keeps the leases of all attempts of one responder. */
export interface LeaseKeeper {
  /**
   * Holds a lease that began at `leasedAt`, until the answered function is called; `onLost` is called once, if it is
   * lost first: at once where the assignment came too late.
   */
  hold(
    assignment: Assignment,
    leasedAt: number,
    onLost: (why: "lapsed" | "stopped") => void,
  ): () => void;
  /** Renews all leases now, and once more where a renewal is under way. */
  renewNow(): void;
  close(): void;
}

interface Held {
  readonly attempt: Attempt;
  /** When it is over, less the margin. */
  until: number;
  lose(why: "lapsed" | "stopped"): void;
}

export function keepLeases(options: LeaseOptions): LeaseKeeper {
  const now = options.now ?? (() => performance.now());
  const held = new Set<Held>();
  let leaseS = Infinity;
  let renewTimer: NodeJS.Timeout | undefined;
  let lapseTimer: NodeJS.Timeout | undefined;
  let renewing = false;
  let isDueAgain = false;
  let closed = false;

  const watchLapses = () => {
    clearTimeout(lapseTimer);
    if (held.size === 0) return;
    const first = Math.min(...[...held].map(({ until }) => until));
    lapseTimer = setTimeout(() => {
      for (const lease of held) if (lease.until <= now()) lease.lose("lapsed");
      watchLapses();
    }, first - now());
  };

  const renewLater = () => {
    if (closed || renewing || renewTimer || held.size === 0) return;
    renewTimer = setTimeout(() => void renewAll(), (leaseS * 1000) / 3);
  };

  const renewAll = async () => {
    renewTimer = undefined;
    const asked = [...held];
    if (asked.length === 0) return;
    renewing = true;
    // The lease counts from before the server can have begun it.
    const sent = now();
    try {
      const answer = await options.renew(asked.map(({ attempt }) => attempt));
      leaseS = answer.lease_s;
      for (const lease of asked) {
        if (answer.stop.includes(lease.attempt.run)) lease.lose("stopped");
        else lease.until = leaseEnd(sent, answer.lease_s);
      }
      if (answer.drain) options.onDrain();
    } catch (error) {
      options.onFailure(error);
    }
    renewing = false;
    if (closed) return;
    watchLapses();
    if (isDueAgain) renewNow();
    else renewLater();
  };

  const renewNow = () => {
    isDueAgain = renewing;
    if (closed || renewing) return;
    clearTimeout(renewTimer);
    void renewAll();
  };

  return {
    hold({ run, attempt, lease_s }, leasedAt, onLost) {
      const release = () => {
        held.delete(lease);
        if (held.size > 0) return;
        clearTimeout(renewTimer);
        clearTimeout(lapseTimer);
        renewTimer = undefined;
      };
      const lease: Held = {
        attempt: { run, attempt },
        until: leaseEnd(leasedAt, lease_s),
        lose(why) {
          if (held.delete(lease)) onLost(why);
        },
      };
      // A new attempt of a run replaces the one before. A renewal of both would make the server stop the run, and end
      // both.
      for (const other of held) if (other.attempt.run === run) other.lose("stopped");
      held.add(lease);
      if (lease.until <= now()) lease.lose("lapsed");
      leaseS = lease_s;
      watchLapses();
      renewLater();
      return release;
    },
    renewNow,
    close() {
      closed = true;
      held.clear();
      clearTimeout(renewTimer);
      clearTimeout(lapseTimer);
    },
  };
}

function leaseEnd(beganMs: number, leaseS: number): number {
  return beganMs + leaseS * 1000 * (1 - MARGIN);
}
