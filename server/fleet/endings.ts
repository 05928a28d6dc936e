import type { Logger } from "pino";
import type { ReasonCode } from "../../protocol/errors.ts";
import type { Compute } from "../providers/compute.ts";
import type { Database } from "../database/database.ts";
import type { Leases } from "../runs/leases.ts";
import type { createBackground } from "./background.ts";
import { isSound } from "./compare.ts";
import { markLeaving, type LeavingOptions } from "./leaving.ts";
import { findMachine, updateMachine, type MachineRow } from "./machines.ts";
import type { StopReason } from "./plan.ts";
import { failWake } from "./failed-wakes.ts";
import { lastPaid, updateWake } from "./wakes.ts";

export interface EndingsDeps {
  database: Database;
  compute: Compute;
  leases: Leases;
  background: ReturnType<typeof createBackground>;
  now: () => number;
  log: Logger;
  /** Called after each change that planning depends on; it is never waited for. */
  changed: () => void;
}

export type Endings = ReturnType<typeof createEndings>;

/** Why a machine is stopped or gone. */
export type MachineEnd =
  | ReasonCode
  | StopReason
  | "asleep"
  | "making_room"
  /** Nothing is wrong with it: its provider could not start it just now. */
  | "unstartable"
  | "server_closed"
  | "shut_down";

/** How a machine's end came about, where the caller knows more. */
interface EndFacts {
  /** For operators. */
  detail?: string | undefined;
  /** What whoever waits for it is told beside the reason, as sentences. */
  said?: string | undefined;
  /** No machine came of the wake, so it costs nothing. */
  free?: boolean;
}

/** Milliseconds before a machine that could not be stopped is tried again. */
const STOP_AGAIN_MS = 10_000;

/** How machines go: marked on record first, so that they are given nothing more, then at the provider. */
export function createEndings(deps: EndingsDeps) {
  const { database, compute, leases, background, now, log } = deps;
  /** Machines that are being stopped: each is stopped once. */
  const stopping = new Set<string>();
  /** Those whose console is read before. */
  const givenUp = new Set<string>();

  /**
   * Ends a machine: it is marked first, so that it claims nothing more. What is sound is stopped where it
   * can be started again, everything else is destroyed.
   */
  async function stop(launchId: string, reason: MachineEnd, facts: EndFacts = {}): Promise<void> {
    if (stopping.has(launchId)) return;
    const machine = await leave(launchId, reason, facts);
    if (!machine || stopping.has(launchId)) return;
    stopping.add(launchId);
    const why = machine.state === "leaving" ? ((machine.reason as MachineEnd) ?? reason) : reason;
    // One whose launch was never answered can't be asked for again; what comes of it is swept.
    const keep =
      compute.restarts &&
      machine.provider_id !== null &&
      machine.registered_at !== null &&
      isSound(why);
    log.info({ machine: launchId, reason: why }, keep ? "stopping a machine" : "ending a machine");
    // Who waited for it does not wait for its end, nor its end for whoever waited.
    deps.changed();
    const end = async () => {
      if (machine.provider_id !== null) {
        await (keep ? compute.stop(machine.provider_id) : compute.destroy(machine.provider_id));
      }
      const last = await ended(launchId, keep ? "stopped" : "gone", why, facts);
      // Its launch was answered meanwhile: whoever asked for it found that it was not gone yet.
      const late = machine.provider_id === null ? last?.provider_id : null;
      if (late) await compute.destroy(late);
      stopping.delete(launchId);
    };
    const failed = async (error: unknown) => {
      setTimeout(() => {
        stopping.delete(launchId);
        background.do(stop(launchId, why, facts), "a machine could not be stopped");
      }, STOP_AGAIN_MS).unref();
      deps.changed();
      throw error;
    };
    background.do(end().catch(failed), "a machine could not be stopped");
  }

  /** Gives a machine nothing more: when what it runs is over, it goes by itself. */
  function drain(launchId: string, reason: MachineEnd): Promise<MachineRow | undefined> {
    log.info({ machine: launchId, reason }, "a machine finishes what it runs, then goes");
    return markLeaving(database, launchId, { keptBy: "nothing", reason, now: now() });
  }

  /** Marks a machine as leaving, unless it is kept. */
  function leave(
    launchId: string,
    reason: MachineEnd,
    { said }: EndFacts = {},
  ): Promise<MachineRow | undefined> {
    return markLeaving(database, launchId, { keptBy: keptBy(reason), reason, said, now: now() });
  }

  /** Ends a machine that did not come up; its console may tell why, but only as long as it is there. */
  async function giveUp(launchId: string, facts: EndFacts = {}): Promise<void> {
    if (stopping.has(launchId) || givenUp.has(launchId)) return;
    givenUp.add(launchId);
    const end = async () => {
      const told = await withLastWords(launchId, facts);
      await stop(launchId, "boot_failed", told).finally(() => givenUp.delete(launchId));
    };
    background.do(end(), "a machine that did not come up could not be ended");
  }

  /** The facts of a machine's end, with what it wrote last. */
  async function withLastWords(launchId: string, facts: EndFacts): Promise<EndFacts> {
    const providerId = (await findMachine(database.queries, launchId))?.provider_id;
    if (!providerId || !compute.lastConsoleLine) return facts;
    const words = await compute.lastConsoleLine(providerId).catch((error: unknown) => {
      log.warn({ err: error, machine: launchId }, "a machine's console could not be read");
    });
    if (!words) return facts;
    const said = `The last line on its console: ${words}`;
    const both = (text: string | undefined) => (text ? `${text} ${said}` : said);
    return { ...facts, said: both(facts.said), detail: both(facts.detail) };
  }

  /**
   * A machine does not run any more: its runs are tried again, what waited for it will be told. Resolves with what
   * was on record of it; undefined where its end was on record already.
   */
  async function ended(
    launchId: string,
    to: "stopped" | "gone",
    how: MachineEnd,
    { detail, said, free = false }: EndFacts = {},
  ): Promise<MachineRow | undefined> {
    const machine = await database.write(async (trx) => {
      const row = await findMachine(trx, launchId);
      if (!row || row.state === "gone" || row.state === to) return undefined;
      // Whoever marked it knew why it would end.
      const reason = row.state === "leaving" ? ((row.reason as MachineEnd) ?? how) : how;
      // What could not be started has been stopped since it was.
      const stoppedAt = reason === "unstartable" ? row.stopped_at : now();
      const moment = to === "gone" ? { ended_at: now() } : { stopped_at: stoppedAt };
      await updateMachine(trx, launchId, { state: to, token_hash: null, reason, ...moment });
      const failed = row.registered_at === null || cameToNothing(row, reason);
      if (failed) await failWake(trx, launchId, reason, now());
      await updateWake(trx, launchId, {
        ...{ ended_at: lastPaid(row, now()), reason, detail: detail ?? null },
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
    deps.changed();
    return machine;
  }

  function destroyLater(providerId: string): void {
    background.do(compute.destroy(providerId), "a machine could not be removed");
  }

  function stopLater(providerId: string): void {
    background.do(compute.stop(providerId), "a machine could not be stopped");
  }

  return {
    stop,
    giveUp,
    withLastWords,
    drain,
    leave,
    ended,
    destroyLater,
    stopLater,
    isStopping: (launchId: string) => stopping.has(launchId) || givenUp.has(launchId),
  };
}

/**
 * Whether it came up and died before it had to do with any run: as one that did not come up, or such machines would
 * be woken one after another, for ever.
 */
function cameToNothing({ registered_at, idle_since }: MachineRow, reason: MachineEnd): boolean {
  const died = reason === "machine_gone" || reason === "boot_failed";
  return died && registered_at !== null && idle_since === registered_at;
}

function keptBy(reason: MachineEnd): LeavingOptions["keptBy"] {
  if (reason === "idle") return "needed";
  if (reason === "boot_failed") return "ready";
  return reason === "budget_spent" || reason === "asleep" ? "busy" : "nothing";
}
