import type { Logger } from "pino";
import type { Compute, ProvidedMachine } from "../providers/compute.ts";
import type { Queries } from "../database/database.ts";
import { compare, type Finding, type KnownMachine } from "./compare.ts";
import type { Endings } from "./endings.ts";
import {
  aliveMachines,
  findMachine,
  updateMachine,
  type AliveMachine,
  type MachineRow,
} from "./machines.ts";

export interface SweepDeps {
  queries: Queries;
  compute: Compute;
  endings: Endings;
  bootMs: number;
  lastSeenAt: (machine: AliveMachine) => number;
  now: () => number;
  log: Logger;
}

/** Holds the record against what the provider has, both ways. */
export function createSweep({ queries, compute, endings, bootMs, now, log, ...deps }: SweepDeps) {
  const sightings = createSightings();

  return async function sweep(): Promise<void> {
    // The record is read first: what is launched in between is listed and not missed.
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
    for (const finding of compare({ known, listed, askedAt, restarts, bootMs })) {
      if (endings.isStopping(finding.launchId)) continue;
      // The provider took its time to answer, and the record may have changed since.
      const machine = await findMachine(queries, finding.launchId);
      if (isAsItWas(machine, byLaunch.get(finding.launchId))) await act(finding);
    }
  };

  async function act(finding: Finding): Promise<unknown> {
    const { launchId } = finding;
    switch (finding.type) {
      case "found":
        return updateMachine(queries, launchId, { provider_id: finding.providerId });
      case "gone":
        return gone(finding);
      case "stopped":
        log.info({ machine: launchId }, "a machine stopped itself");
        return endings.ended(launchId, "stopped", "idle");
      case "useless":
        return useless(finding);
      case "unstartable":
        log.warn({ machine: launchId }, "a stopped machine could not be started: no capacity");
        return endings.ended(launchId, "stopped", "unstartable", { free: true });
      case "running":
        log.warn({ machine: launchId }, "a machine runs although it was stopped");
        return endings.stopLater(finding.providerId);
      case "outdated":
        return updateMachine(queries, launchId, { outdated: finding.outdated ? 1 : 0 });
      case "double":
        log.warn({ machine: launchId }, "removing a second machine of one launch");
        return endings.destroyLater(finding.providerId);
      case "unknown":
        log.info({ machine: launchId }, "removing a machine that is not on record");
        return endings.destroyLater(finding.providerId);
      default:
        return finding satisfies never;
    }
  }

  async function gone({ launchId, reason, said }: Finding & { type: "gone" }): Promise<void> {
    const facts = { said, detail: said ?? "The provider has it not." };
    const told = reason === "boot_failed" ? await endings.withLastWords(launchId, facts) : facts;
    await endings.ended(launchId, "gone", reason, told);
  }

  async function useless({ launchId, reason, said }: Finding & { type: "useless" }) {
    const facts = { said, detail: said };
    if (reason === "boot_failed") return endings.giveUp(launchId, facts);
    return endings.stop(launchId, reason, facts);
  }
}

/** Whether a machine is on record as when it was read, or is still on none. */
function isAsItWas(machine: MachineRow | undefined, was: KnownMachine | undefined): boolean {
  if (!machine || !was) return (machine?.state ?? "gone") === "gone" && !was;
  return (
    machine.state === was.state &&
    machine.requested_at === was.requested_at &&
    machine.provider_id === was.provider_id
  );
}

/** What lists said of machines so far, each since it was last woken. */
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
