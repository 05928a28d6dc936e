import type { Logger } from "pino";
import type { Actor } from "../../protocol/actors.ts";
import type { Database } from "../database/database.ts";
import type { Compute } from "../providers/compute.ts";
import type { Leases } from "../runs/leases.ts";
import type { Background } from "./background.ts";
import { isSound } from "./differences.ts";
import { markLeaving, type LeavingOptions } from "./drain.ts";
import {
  aliveMachines,
  findMachine,
  parseReason,
  updateMachine,
  type MachineEnd,
  type MachineRow,
} from "./machines.ts";
import { failWake } from "./wake-failures.ts";
import { lastPaid, updateWake } from "./wakes.ts";

export interface TerminatorDeps {
  database: Database;
  compute: Compute;
  leases: Leases;
  background: Background;
  now: () => number;
  log: Logger;
  /** Called after each change that planning depends on; it is never awaited. */
  changed: () => void;
}

export type MachineTerminator = ReturnType<typeof createTerminator>;

/** Details of a machine's end beside its reason. */
interface EndFacts {
  /** For operators. */
  detail?: string | undefined;
  /** For waiting readers, as sentences. */
  said?: string | undefined;
  /** The wake produced no machine, so it costs nothing. */
  free?: boolean;
  /** Who asked for the end. */
  by?: Actor | undefined;
}

/** Milliseconds before a failed stop is retried. */
const STOP_AGAIN_MS = 10_000;

/** Stops and destroys machines: the record is marked first, so that a machine claims no more runs. */
export function createTerminator(deps: TerminatorDeps) {
  const { database, compute, background, now, log } = deps;
  /** Each machine is stopped once. */
  const stopping = new Set<string>();
  /** Machines whose console is read before they are stopped. */
  const givenUp = new Set<string>();
  const recordEnd = createEndRecorder(deps);

  /** Stops a sound machine that can be started again, and destroys any other. */
  async function stop(launchId: string, reason: MachineEnd, facts: EndFacts = {}): Promise<void> {
    if (stopping.has(launchId)) return;
    const machine = await leave(launchId, reason, facts);
    if (!machine || stopping.has(launchId)) return;
    stopping.add(launchId);
    const why = machine.state === "leaving" ? (parseReason(machine.reason) ?? reason) : reason;
    const keep = compute.restarts && canRestart(machine, why);
    log.info({ machine: launchId, reason: why }, keep ? "stopping a machine" : "ending a machine");
    // Waiting runs do not wait for the provider's answer.
    deps.changed();
    background.run(
      end(launchId, { providerId: machine.provider_id, keep, why, facts }).catch((error) => {
        setTimeout(() => {
          stopping.delete(launchId);
          background.run(stop(launchId, why, facts), "a machine could not be stopped");
        }, STOP_AGAIN_MS).unref();
        deps.changed();
        throw error;
      }),
      "a machine could not be stopped",
    );
  }

  async function end(
    launchId: string,
    of: { providerId: string | null; keep: boolean; why: MachineEnd; facts: EndFacts },
  ): Promise<void> {
    const { providerId, keep, why, facts } = of;
    if (providerId !== null) await (keep ? compute.stop(providerId) : compute.destroy(providerId));
    const last = await recordEnd(launchId, keep ? "stopped" : "gone", why, facts);
    // The launch was answered meanwhile, and its caller found the machine still on record.
    const late = providerId === null ? last?.provider_id : null;
    if (late) await compute.destroy(late);
    stopping.delete(launchId);
  }

  /** Assigns a machine no more runs: it leaves after the runs it holds. */
  function drain(
    launchId: string,
    reason: MachineEnd,
    by?: Actor,
  ): Promise<MachineRow | undefined> {
    log.info({ machine: launchId, reason }, "a machine finishes what it runs, then goes");
    return markLeaving(database, launchId, { keptBy: "nothing", reason, by, now: now() });
  }

  /** Marks a machine as leaving, unless it is kept. */
  function leave(
    launchId: string,
    reason: MachineEnd,
    { said, by }: EndFacts = {},
  ): Promise<MachineRow | undefined> {
    const options = { keptBy: keptBy(reason), reason, said, by, now: now() };
    return markLeaving(database, launchId, options);
  }

  /**
   * Ends a machine that did not come up. Its console is read first, because it may tell the cause and is
   * lost with the machine.
   */
  async function giveUp(launchId: string, facts: EndFacts = {}): Promise<void> {
    if (stopping.has(launchId) || givenUp.has(launchId)) return;
    givenUp.add(launchId);
    const endIt = async () => {
      const told = await withConsoleLine(launchId, facts);
      await stop(launchId, "boot_failed", told).finally(() => givenUp.delete(launchId));
    };
    background.run(endIt(), "a machine that did not come up could not be ended");
  }

  /** The facts of a machine's end with the last line on its console. */
  async function withConsoleLine(launchId: string, facts: EndFacts): Promise<EndFacts> {
    const providerId = (await findMachine(database.queries, launchId))?.provider_id;
    if (!providerId || !compute.lastConsoleLine) return facts;
    const line = await compute.lastConsoleLine(providerId).catch((error: unknown) => {
      log.warn({ err: error, machine: launchId }, "a machine's console could not be read");
    });
    if (!line) return facts;
    const said = `The last line on its console: ${line}`;
    const both = (text: string | undefined) => (text ? `${text} ${said}` : said);
    return { ...facts, said: both(facts.said), detail: both(facts.detail) };
  }

  return {
    stop,
    giveUp,
    withConsoleLine,
    drain,
    leave,
    recordEnd,
    destroyLater: (providerId: string) =>
      background.run(compute.destroy(providerId), "a machine could not be removed"),
    stopLater: (providerId: string) =>
      background.run(compute.stop(providerId), "a machine could not be stopped"),
    isStopping: (launchId: string) => stopping.has(launchId) || givenUp.has(launchId),
  };
}

function createEndRecorder({ database, leases, now, log, changed }: TerminatorDeps) {
  /**
   * Records that a machine does not run any more; its runs are retried. Resolves with the row as it was, or
   * undefined where the end was on record already.
   */
  return async function recordEnd(
    launchId: string,
    to: "stopped" | "gone",
    how: MachineEnd,
    { detail, said, free = false }: EndFacts = {},
  ): Promise<MachineRow | undefined> {
    const machine = await database.write(async (trx) => {
      const row = await findMachine(trx, launchId);
      if (!row || row.state === "gone" || row.state === to) return undefined;
      // The reason of its mark comes first.
      const reason = row.state === "leaving" ? (parseReason(row.reason) ?? how) : how;
      // A machine that could not be started stayed stopped.
      const stoppedAt = reason === "unstartable" ? row.stopped_at : now();
      const moment = to === "gone" ? { ended_at: now() } : { stopped_at: stoppedAt };
      await updateMachine(trx, launchId, { state: to, token_hash: null, reason, ...moment });
      const failed = row.registered_at === null || diedUnused(row, reason);
      if (failed) await failWake(trx, launchId, reason, now());
      await updateWake(trx, launchId, {
        ended_at: lastPaid(row, now()),
        reason,
        ended_by: row.asked_by,
        detail: detail ?? null,
        ...(said && { said }),
        ...(failed && { registered_at: null }),
        ...(free && { counted: 0 }),
      });
      return { ...row, reason };
    });
    if (!machine) return undefined;
    log.info({ machine: launchId, reason: machine.reason }, `a machine is ${to}`);
    const takenBack = machine.reason === "taken_back";
    await leases.machineLost(launchId, takenBack ? "taken_back" : "machine_gone");
    changed();
    return machine;
  };
}

/**
 * Ends the machines that end with their server and waits for it, also where their end can't be recorded, as
 * on a disk that turned read-only.
 */
export async function terminateFleet(
  terminator: MachineTerminator,
  deps: TerminatorDeps,
): Promise<void> {
  const { database, compute, background, log } = deps;
  const stopAll = async () => {
    for (const { launch_id: launchId } of await aliveMachines(database.queries)) {
      await terminator.stop(launchId, "server_closed");
    }
  };
  await stopAll().catch((error: unknown) =>
    log.error({ err: error }, "the end of the machines could not be recorded"),
  );
  await background.settled();
  const left = (await compute.list()).filter(({ state }) => state === "running");
  const ends = left.map(({ providerId }) => compute.destroy(providerId));
  for (const end of await Promise.allSettled(ends)) {
    if (end.status === "rejected") log.error({ err: end.reason }, "a machine could not be removed");
  }
}

/** A machine whose launch was never answered has no id to start it by; reconciliation removes it. */
function canRestart({ provider_id, registered_at, market }: MachineRow, why: MachineEnd): boolean {
  return provider_id !== null && registered_at !== null && market !== "spot" && isSound(why);
}

/** It died before any run: counts as a failed wake, or such machines would be woken forever. */
function diedUnused({ registered_at, idle_since }: MachineRow, reason: MachineEnd): boolean {
  const died = reason === "machine_gone" || reason === "boot_failed";
  return died && registered_at !== null && idle_since === registered_at;
}

function keptBy(reason: MachineEnd): LeavingOptions["keptBy"] {
  if (reason === "idle") return "needed";
  if (reason === "boot_failed") return "ready";
  const spares = ["budget_spent", "asleep", "stop_asked", "end_asked"];
  return spares.includes(reason) ? "busy" : "nothing";
}
