import type { WakeCause } from "../../protocol/machines.ts";
import type { ReasonCode } from "../../protocol/reasons.ts";
import type { WakeFailures } from "./backoff.ts";
import type { Spent } from "./budget.ts";

/** Demand and machines of one pool, from which the fleet decides. */
export interface PoolSnapshot {
  pool: string;
  /** The project of each run that could be claimed now, oldest first. */
  waiting: readonly string[];
  /** The project that asks for a machine ahead of a run, where the pool has none. */
  hinted: string | undefined;
  /** Machines that stay awake without work. */
  minAwake: number;
  /** The project that pays for those; empty in the shared pool, where only the budget of all counts. */
  owner: string;
  failures: WakeFailures;
  spent: Spent;
  /** How many machines may be woken, whichever pool they are for. */
  capacity: number;
  machines: readonly MachineSnapshot[];
}

export interface MachineSnapshot {
  launchId: string;
  state: "launching" | "ready" | "leaving" | "stopped";
  /** The project that pays for it. */
  project: string;
  slots: number;
  /** Runs it holds. */
  running: number;
  /** Projects of those runs; filled in only where a project's budget is spent. */
  holds: readonly string[];
  requestedAt: number;
  /** When its boot last progressed. */
  movedAt: number;
  /** When its responder last called. */
  lastSeenAt: number;
  /** Since when it holds no run; null while it does. */
  idleSince: number | null;
  /** It has had no run since it came up. */
  unused: boolean;
  stoppedAt: number | null;
  /** When its provider failed to start it, if that was its last wake. */
  unstartableAt: number | null;
  /** A stopped machine that is not to be started again. */
  outdated: boolean;
}

export type StopReason =
  | "idle"
  | "boot_failed"
  | "machine_gone"
  | "budget_spent"
  | "outdated"
  | "unused";

/** Why the plan wakes a machine. */
export type PlannedCause = Extract<WakeCause["kind"], "run" | "hint" | "min_awake" | "spare">;

export type FleetAction =
  | { type: "launch"; project: string; cause: PlannedCause }
  /** Starts a stopped machine. */
  | { type: "start"; launchId: string; project: string; cause: PlannedCause }
  | { type: "stop"; launchId: string; reason: StopReason }
  /** Makes another project pay for a machine that it needs as well. */
  | { type: "charge"; launchId: string; project: string }
  /** Assigns a machine no more runs: it leaves after the runs it holds. */
  | { type: "drain"; launchId: string; reason: "budget_spent" | "making_room" }
  /** Gives up waiting runs, of one project or all: no machine is woken before `again`. */
  | {
      type: "give_up";
      project: string | undefined;
      reason: ReasonCode;
      said?: string | undefined;
      again: number;
    };
