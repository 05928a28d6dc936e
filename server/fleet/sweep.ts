import type { Logger } from "pino";
import type { Compute } from "../compute/compute.ts";
import type { Queries } from "../database/database.ts";
import { compare, type Finding, type KnownMachine } from "./compare.ts";
import type { Endings } from "./endings.ts";
import { aliveMachines, findMachine, updateMachine, type AliveMachine } from "./machines.ts";

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
  return async function sweep(): Promise<void> {
    // The record is read first: what is launched in between is listed and not missed.
    const alive = await aliveMachines(queries);
    const askedAt = now();
    const listed = await compute.list();
    const known = alive.map((machine): KnownMachine => ({
      ...machine,
      lastSeenAt: deps.lastSeenAt(machine),
    }));
    const { restarts } = compute;
    for (const finding of compare({ known, listed, askedAt, restarts, bootMs })) {
      if (!endings.isStopping(finding.launchId)) await act(finding);
    }
  };

  async function act(finding: Finding): Promise<void> {
    const { launchId } = finding;
    switch (finding.type) {
      case "gone":
        return endings.ended(launchId, "gone", finding.reason, {
          detail: "The provider has it not.",
        });
      case "stopped":
        log.info({ machine: launchId }, "a machine stopped itself");
        return endings.ended(launchId, "stopped", "idle");
      case "useless":
        return endings.stop(launchId, finding.reason);
      case "running":
        log.warn({ machine: launchId }, "a machine runs although it was stopped");
        return endings.stopLater(finding.providerId);
      case "outdated":
        return updateMachine(queries, launchId, { outdated: finding.outdated ? 1 : 0 });
      case "double":
        log.warn({ machine: launchId }, "removing a second machine of one launch");
        return endings.destroyLater(finding.providerId);
      case "unknown": {
        // It may have been put on record since.
        const machine = await findMachine(queries, launchId);
        if (machine && machine.state !== "gone") return;
        log.info({ machine: launchId }, "removing a machine that is not on record");
        return endings.destroyLater(finding.providerId);
      }
      default:
        return finding satisfies never;
    }
  }
}
