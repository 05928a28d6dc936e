import type { Actor } from "../../protocol/actors.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import type {
  ChangeMachineSettings,
  MachineSettings,
  MachineWish,
  NewMachine,
} from "../../protocol/machines.ts";
import { projectOfPool, projectPool, SHARED_POOL_OWNER } from "../commands/pools.ts";
import { fromJson, toJson } from "../database/json.ts";
import type { Database } from "../database/database.ts";
import type { FleetPolicy } from "../providers/policy.ts";
import type { MachineKinds } from "../providers/provider.ts";
import { SHARED_POOL } from "../runs/submit.ts";
import { assignMachine } from "./assign.ts";
import { readBudget } from "./budget-reading.ts";
import type { Heartbeats } from "./heartbeat.ts";
import type { Launcher } from "./launch.ts";
import {
  changeMachineSettings,
  readMachineSettings,
  settingsOfPool,
  wishOf,
} from "./machine-settings.ts";
import { aliveMachines, findMachine, updateMachine, type MachineRow } from "./machines.ts";
import type { MachineTerminator } from "./terminate.ts";
import { refuseSettings, refuseWish } from "./wishes.ts";

export interface ByHandDeps {
  database: Database;
  policy: FleetPolicy;
  kinds: MachineKinds | undefined;
  heartbeats: Pick<Heartbeats, "pictureOf">;
  launcher: Pick<Launcher, "launch" | "start">;
  terminator: Pick<MachineTerminator, "stop" | "drain">;
  /** Ends a machine's wait for runs, so that it asks again. */
  endPoll: (launchId: string) => void;
  changed: () => void;
  now: () => number;
}

/** A person's actions on machines. All throw `machine_not_found`, or `machine_refused` with a sentence. */
export function createMachineActions(deps: ByHandDeps) {
  const { database, policy, kinds, launcher, terminator, changed, now } = deps;
  const { queries } = database;

  async function find(id: string): Promise<MachineRow> {
    const machine = await findMachine(queries, id);
    if (!machine) throw new ApiError("machine_not_found");
    return machine;
  }

  /** Throws where the pool, or all pools together, have as many machines as they may, or the budget is spent. */
  async function checkRoom(pool: string): Promise<void> {
    const awake = (await aliveMachines(queries)).filter(
      ({ state }) => state === "launching" || state === "ready",
    );
    const here = awake.filter((machine) => machine.pool === pool).length;
    if (here >= policy.maxMachines) {
      refuse(`${here} machines of this pool are awake, and no more may be. End one first.`);
    }
    if (awake.length >= policy.maxInAll) {
      refuse(`${awake.length} machines are awake, and no more may be. End one first.`);
    }
    const settings = await readMachineSettings(queries);
    const budget = await readBudget(queries, { policy, settings, at: now() });
    if (budget?.spent.all || budget?.spent.projects.has(projectOfPool(pool))) {
      refuse("Today's machine-hours are used up. They begin anew at midnight UTC.");
    }
  }

  return {
    /** Launches a machine beside those that runs wake, and returns its id. */
    async add({ project, type, image, market }: NewMachine, by: Actor): Promise<string> {
      const pool = project === undefined ? SHARED_POOL : projectPool(project);
      const asked: MachineWish = {
        ...(type !== undefined && { types: [type] }),
        ...(image !== undefined && { image }),
        ...(market !== undefined && { market }),
      };
      refuseWish(asked, kinds);
      await checkRoom(pool);
      const usual = wishOf(settingsOfPool(await readMachineSettings(queries), pool));
      const wish = wishOf({ ...usual, ...asked });
      const cause = { kind: "person", by } as const;
      const payer = project ?? SHARED_POOL_OWNER;
      return launcher.launch(pool, { project: payer, cause, wish, added: true });
    },

    /** Starts a stopped machine. */
    async start(id: string, by: Actor): Promise<void> {
      const { state, pool } = await find(id);
      if (state === "launching" || state === "ready") return;
      if (state !== "stopped") refuse(startRefusals[state]);
      await checkRoom(pool);
      const project = projectOfPool(pool);
      await launcher.start(id, { project, cause: { kind: "person", by } });
    },

    /** Stops a machine once its runs have ended. It may be started again where its provider keeps it. */
    async stop(id: string, by: Actor): Promise<void> {
      const { state } = await find(id);
      if (state === "gone") refuse("It has ended already.");
      if (state === "leaving" || state === "stopped") return;
      await drain(id, "stop_asked", by);
    },

    /** Ends a machine for good, once its runs have ended; with `atOnce` they are tried again elsewhere. */
    async end(id: string, by: Actor, { atOnce = false } = {}): Promise<void> {
      const { state, pool } = await find(id);
      if (state === "gone") return;
      if (state === "leaving") {
        await updateMachine(queries, id, { reason: "end_asked", asked_by: toJson(by) });
        const machine = (await aliveMachines(queries, pool)).find((one) => one.launch_id === id);
        // It goes after the runs that it holds.
        if (!atOnce && machine && machine.running > 0) return;
      }
      if (atOnce) await terminator.drain(id, "end_asked", by);
      await (atOnce ? terminator.stop(id, "end_asked") : drain(id, "end_asked", by));
    },

    /** Gives a machine of the shared pool that has not run anything to a project. */
    async assign(id: string, project: string): Promise<void> {
      await assignMachine(deps, await find(id), project);
      deps.endPoll(id);
      changed();
    },

    /** Launches of its pool ask for a machine like this one from now on. */
    async makeDefault(id: string): Promise<MachineSettings> {
      const { pool, type, wish: asked } = await find(id);
      if (!kinds) refuse("Machines of this server are all alike, so each is the default.");
      if (type === null)
        refuse("Its type is not known yet. Wait until its provider has accepted it.");
      const now = settingsOfPool(await readMachineSettings(queries), pool);
      const before = now.types ?? kinds.defaults.types;
      const { image, market } = fromJson(asked) ?? {};
      const settings = await changeMachineSettings(database, projectOfPool(pool), {
        // The other types stay, for the hours in which this one can't be had.
        types: [type, ...before.filter((one) => one !== type)].slice(0, 10),
        image: image ?? null,
        market: market ?? null,
      });
      changed();
      return settings;
    },

    /** Changes what a project wants of its machines; the empty one stands for the shared pool and all others. */
    async changeSettings(
      project: string,
      changes: ChangeMachineSettings,
    ): Promise<MachineSettings> {
      refuseSettings(changes, { project, policy, kinds });
      const settings = await changeMachineSettings(database, project, changes);
      changed();
      return settings;
    },
  };

  async function drain(id: string, reason: "stop_asked" | "end_asked", by: Actor): Promise<void> {
    await terminator.stop(id, reason, { by });
    const machine = await findMachine(queries, id);
    if (machine?.state === "ready") await terminator.drain(id, reason, by);
  }
}

export type MachineActions = ReturnType<typeof createMachineActions>;

const startRefusals = {
  leaving: "It is on its way out. Start it once it has stopped.",
  gone: "It has ended for good. Add another one.",
};

function refuse(detail: string): never {
  throw new ApiError("machine_refused", detail);
}
