import type { Logger } from "pino";
import type { Compute, ProvidedMachine } from "../providers/compute.ts";
import type { Queries } from "../database/database.ts";
import { findDifferences, type Difference, type KnownMachine } from "./differences.ts";
import {
  aliveMachines,
  findMachine,
  updateMachine,
  type AliveMachine,
  type MachineRow,
} from "./machines.ts";
import type { MachineTerminator } from "./terminate.ts";

export interface ReconcilerDeps {
  queries: Queries;
  compute: Compute;
  terminator: MachineTerminator;
  bootMs: number;
  lastSeenAt: (machine: AliveMachine) => number;
  now: () => number;
  log: Logger;
}

/** Reconciles the record with the provider's machines, both ways. */
export function createReconciler(deps: ReconcilerDeps) {
  const { queries, compute, terminator, bootMs, now, log } = deps;
  const sightings = createSightings();

  return async function reconcile(): Promise<void> {
    // The record is read first: a machine that is launched in between is not missing from the list.
    const alive = await aliveMachines(queries);
    const askedAt = now();
    const listed = await compute.list();
    const known = alive.map((machine): KnownMachine => ({
      ...machine,
      lastSeenAt: deps.lastSeenAt(machine),
      ...sightings.of(machine),
    }));
    sightings.note(alive, listed);
    const { restarts } = compute;
    const byLaunch = new Map(known.map((machine) => [machine.launch_id, machine]));
    const found = findDifferences({ known, listed, askedAt, restarts, bootMs });
    for (const difference of found) {
      if (terminator.isStopping(difference.launchId)) continue;
      // The record may have changed while the provider answered.
      const machine = await findMachine(queries, difference.launchId);
      if (isUnchanged(machine, byLaunch.get(difference.launchId))) await act(difference);
    }
  };

  async function act(difference: Difference): Promise<unknown> {
    const { launchId } = difference;
    switch (difference.type) {
      case "found":
        return updateMachine(queries, launchId, { provider_id: difference.providerId });
      case "gone":
        return gone(difference);
      case "stopped":
        log.info({ machine: launchId }, "a machine stopped itself");
        return terminator.recordEnd(launchId, "stopped", "idle");
      case "useless":
        return useless(difference);
      case "unstartable":
        log.warn({ machine: launchId }, "a stopped machine could not be started: no capacity");
        return terminator.recordEnd(launchId, "stopped", "unstartable", { free: true });
      case "running":
        log.warn({ machine: launchId }, "a machine runs although it was stopped");
        return terminator.stopLater(difference.providerId);
      case "outdated":
        return updateMachine(queries, launchId, { outdated: difference.outdated ? 1 : 0 });
      case "double":
        log.warn({ machine: launchId }, "removing a second machine of one launch");
        return terminator.destroyLater(difference.providerId);
      case "unknown":
        log.info({ machine: launchId }, "removing a machine that is not on record");
        return terminator.destroyLater(difference.providerId);
      default:
        return difference satisfies never;
    }
  }

  async function gone({ launchId, reason, said }: Difference & { type: "gone" }): Promise<void> {
    const facts = { said, detail: said ?? "The provider has it not." };
    const told =
      reason === "boot_failed" ? await terminator.withConsoleLine(launchId, facts) : facts;
    await terminator.recordEnd(launchId, "gone", reason, told);
  }

  async function useless({ launchId, reason, said }: Difference & { type: "useless" }) {
    const facts = { said, detail: said };
    if (reason === "boot_failed") return terminator.giveUp(launchId, facts);
    return terminator.stop(launchId, reason, facts);
  }
}

/** Whether a machine's row is unchanged, or still missing. */
function isUnchanged(machine: MachineRow | undefined, was: KnownMachine | undefined): boolean {
  if (!machine || !was) return (machine?.state ?? "gone") === "gone" && !was;
  return (
    machine.state === was.state &&
    machine.requested_at === was.requested_at &&
    machine.provider_id === was.provider_id
  );
}

/** What earlier lists showed of machines, each since its last wake. */
function createSightings() {
  type Sighting = Pick<KnownMachine, "wasListed" | "wasAmiss"> & { wake: string };
  let sightings = new Map<string, Sighting>();
  const wakeOf = (machine: AliveMachine) =>
    JSON.stringify([machine.provider_id, machine.requested_at, machine.state === "stopped"]);
  const of = (machine: AliveMachine) => {
    const before = sightings.get(machine.launch_id);
    const { wasListed, wasAmiss } =
      before?.wake === wakeOf(machine) ? before : { wasListed: false, wasAmiss: false };
    return { wasListed, wasAmiss };
  };
  return {
    of,
    note(machines: readonly AliveMachine[], listed: readonly ProvidedMachine[]): void {
      const states = new Map(listed.map(({ providerId, state }) => [providerId, state]));
      sightings = new Map(
        machines.map((machine) => {
          const state = states.get(machine.provider_id ?? "");
          const wasListed = of(machine).wasListed || state !== undefined;
          const isRight = machine.state === "stopped" ? state !== undefined : state === "running";
          return [machine.launch_id, { wake: wakeOf(machine), wasListed, wasAmiss: !isRight }];
        }),
      );
    },
  };
}
