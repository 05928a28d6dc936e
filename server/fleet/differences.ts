import type { ReasonCode } from "../../protocol/reasons.ts";
import type { ProvidedMachine } from "../providers/compute.ts";
import type { MachineRow } from "./machines.ts";

/** A machine on record, with its last heartbeat and its state in earlier lists. */
export type KnownMachine = Pick<
  MachineRow,
  | "launch_id"
  | "provider_id"
  | "state"
  | "phase"
  | "reason"
  | "requested_at"
  | "stopped_at"
  | "outdated"
> & {
  lastSeenAt: number;
  /** Whether a list has shown it since it was last woken or stopped. */
  wasListed: boolean;
  /** Whether the last list did not show it as running: one list alone may be wrong. */
  wasAmiss: boolean;
};

export interface ReconcileInput {
  /** Machines on record that are not gone, read before the provider was asked. */
  known: readonly KnownMachine[];
  listed: readonly ProvidedMachine[];
  /** When the provider was asked. */
  askedAt: number;
  restarts: boolean;
  bootMs: number;
}

/** One point in which the record and the provider differ. */
export type Difference =
  /** Its provider's id was not on record. */
  | { type: "found"; launchId: string; providerId: string }
  /** It no longer exists. */
  | { type: "gone"; launchId: string; reason: ReasonCode; said?: string | undefined }
  /** It stopped itself, and can be started again. */
  | { type: "stopped"; launchId: string }
  /** It stopped itself, or could not run, and can't be used again. */
  | { type: "useless"; launchId: string; reason: ReasonCode; said?: string | undefined }
  /** Its provider accepted its start and then had no capacity. */
  | { type: "unstartable"; launchId: string }
  /** It runs although it was stopped. */
  | { type: "running"; launchId: string; providerId: string }
  | { type: "outdated"; launchId: string; outdated: boolean }
  /** Its launch produced a second machine besides the one on record. */
  | { type: "double"; launchId: string; providerId: string }
  /** It is not on record. */
  | { type: "unknown"; launchId: string; providerId: string };

/** Most age of a provider's answer: its changes take time to show everywhere. */
const STALE_MS = 120_000;
/** A machine that called within this time exists, whatever is listed: its poll lasts 20 s at most. */
const HEARD_MS = 25_000;

/** Reasons of an end after which a machine can be reused. */
const SOUND = [
  "idle",
  "asleep",
  "stop_asked",
  "making_room",
  "unstartable",
  "budget_spent",
  "server_closed",
  "shut_down",
  "taken_back",
];

/** Whether a machine that leaves for this reason may be started again. */
export function isSound(reason: string | null): boolean {
  return reason === null || SOUND.includes(reason);
}

/** Compares the record with the provider's list. A missing machine may be new. */
export function findDifferences({ known, listed, ...options }: ReconcileInput): Difference[] {
  const found = new Map(listed.map((one) => [one.providerId, one]));
  const providers = new Map(known.map((machine) => [machine.launch_id, machine.provider_id]));
  const there = listed.filter(({ over }) => !over);
  const strangers = there.filter((one) => !providers.has(one.launchId));
  const doubles = there.filter(({ launchId, providerId }) => {
    const recorded = providers.get(launchId) ?? null;
    // If the recorded machine is missing, this one may be the working one.
    return recorded !== null && recorded !== providerId && found.has(recorded);
  });
  return [
    ...known.flatMap((machine): Difference[] => {
      if (machine.provider_id === null) {
        // The launch is still under way, or its answer went to a server that died.
        const one = there.find(({ launchId }) => launchId === machine.launch_id);
        if (!one) return [];
        return [{ type: "found", launchId: one.launchId, providerId: one.providerId }];
      }
      const one = found.get(machine.provider_id);
      const finding = one ? disagreement(machine, one, options) : missing(machine, options);
      return finding ? [finding] : [];
    }),
    ...strangers.map(({ launchId, providerId }): Difference => ({
      type: "unknown",
      launchId,
      providerId,
    })),
    ...doubles.map(({ launchId, providerId }): Difference => ({
      type: "double",
      launchId,
      providerId,
    })),
  ];
}

type Options = Omit<ReconcileInput, "known" | "listed">;

function missing(machine: KnownMachine, { askedAt, bootMs }: Options): Difference | undefined {
  if (!machine.wasAmiss) return undefined;
  const launchId = machine.launch_id;
  const since = machine.state === "stopped" ? (machine.stopped_at ?? 0) : machine.requested_at;
  const mayBeNew = !machine.wasListed && askedAt - since <= Math.max(bootMs, STALE_MS);
  if (mayBeNew) return undefined;
  if (machine.state !== "stopped" && askedAt - machine.lastSeenAt < HEARD_MS) return undefined;
  const reason = machine.state === "launching" ? "boot_failed" : "machine_gone";
  return { type: "gone", launchId, reason };
}

function disagreement(
  machine: KnownMachine,
  one: ProvidedMachine,
  { askedAt, restarts }: Options,
): Difference | undefined {
  const launchId = machine.launch_id;
  const { end } = one;
  if (one.over && machine.lastSeenAt <= askedAt) {
    if (machine.state === "launching") {
      // Without a reason, it ended after its server had gone.
      return { type: "gone", launchId, reason: end?.reason ?? "machine_gone", said: end?.said };
    }
    const reason = end?.reason === "taken_back" ? "taken_back" : "machine_gone";
    return { type: "gone", launchId, reason };
  }
  if (machine.state === "stopped") {
    if (one.state === "stopped") {
      const outdated = one.outdated === true || !restarts;
      return outdated === (machine.outdated === 1)
        ? undefined
        : { type: "outdated", launchId, outdated };
    }
    // In both directions: the clock may have been set back since.
    const settled = Math.abs(askedAt - (machine.stopped_at ?? 0)) > STALE_MS;
    return settled ? { type: "running", launchId, providerId: one.providerId } : undefined;
  }
  if (one.state === "running" || machine.lastSeenAt > askedAt) return undefined;
  if (machine.state === "launching") {
    // The start was accepted and failed; before that it stopped for another reason.
    if (end && machine.phase !== "requested") {
      if (end.reason === "no_capacity" && machine.stopped_at !== null) {
        return { type: "unstartable", launchId };
      }
      return { type: "useless", launchId, ...end };
    }
    // A list may predate the start, but not for long after the machine reported its boot.
    const spoke = machine.phase === "booting" || machine.phase === "setting_up";
    return spoke && machine.wasAmiss
      ? { type: "useless", launchId, reason: "boot_failed" }
      : undefined;
  }
  if (!restarts) return { type: "gone", launchId, reason: "machine_gone" };
  const sound = machine.state === "ready" || isSound(machine.reason);
  return sound
    ? { type: "stopped", launchId }
    : { type: "useless", launchId, reason: "machine_gone" };
}
