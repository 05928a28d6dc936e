import type {
  ChangeMachineSettings,
  MachineSettings,
  MachineWish,
} from "../../protocol/machines.ts";
import { projectOfPool, projectPool, SHARED_POOL_OWNER } from "../commands/pools.ts";
import type { Database, Queries } from "../database/database.ts";
import { fromJson, toJson } from "../database/json.ts";
import { SHARED_POOL } from "../runs/submit.ts";

/** Settings of machines by project; those of the empty one are the shared pool's, and others' defaults. */
export type MachineSettingsByProject = ReadonlyMap<string, MachineSettings>;

export async function readMachineSettings(queries: Queries): Promise<MachineSettingsByProject> {
  const rows = await queries.selectFrom("machine_settings").selectAll().execute();
  return new Map(rows.map(({ project, settings }) => [project, fromJson(settings)]));
}

/** The settings of one pool, without those it takes from others. */
export async function readPoolSettings(queries: Queries, pool: string): Promise<MachineSettings> {
  const row = await queries
    .selectFrom("machine_settings")
    .select("settings")
    .where("project", "=", projectOfPool(pool))
    .executeTakeFirst();
  return isForStrangers(pool) ? {} : ((row && fromJson(row.settings)) ?? {});
}

/** Settings that apply to a pool: `min_awake` is the pool's own, the others may be the server's. */
export function settingsOfPool(all: MachineSettingsByProject, pool: string): MachineSettings {
  const { min_awake, ...own } = all.get(projectOfPool(pool)) ?? {};
  const { types, image, market } = all.get(SHARED_POOL_OWNER) ?? {};
  const found = { types, image, market, ...own, ...(!isForStrangers(pool) && { min_awake }) };
  return withoutUndefined(found);
}

/** The machine that a pool's launches ask for; undefined: the provider's settings. */
export function wishOf(settings: MachineSettings): MachineWish | undefined {
  const { types, image, market } = settings;
  const wish: MachineWish = withoutUndefined({ types, image, market });
  return Object.keys(wish).length > 0 ? wish : undefined;
}

/** The pools that have machines without work. */
export function poolsKeptAwake(all: MachineSettingsByProject): string[] {
  return [...all].flatMap(([project, { min_awake: least = 0 }]) => {
    if (least === 0) return [];
    return project === SHARED_POOL_OWNER ? SHARED_POOL : projectPool(project);
  });
}

/** Budgets of projects that have one of their own. */
export function ownBudgets(all: MachineSettingsByProject): Map<string, number> {
  return new Map(
    [...all].flatMap(([project, { budget_hours: hours }]): [string, number][] =>
      hours === undefined || project === SHARED_POOL_OWNER ? [] : [[project, hours]],
    ),
  );
}

/** Changes a project's settings of machines; null removes one. Returns them all. */
export function changeMachineSettings(
  database: Database,
  project: string,
  changes: ChangeMachineSettings,
): Promise<MachineSettings> {
  return database.write(async (trx) => {
    const before = (await readMachineSettings(trx)).get(project) ?? {};
    const entries = Object.entries({ ...before, ...changes });
    const settings: MachineSettings = Object.fromEntries(
      entries.filter(([, value]) => value !== null && value !== undefined),
    );
    const row = { project, settings: toJson(settings) };
    await trx
      .insertInto("machine_settings")
      .values(row)
      .onConflict((conflict) => conflict.column("project").doUpdateSet(row))
      .execute();
    return settings;
  });
}

/** Strangers' machines are as the project's, but none is kept awake for them. */
function isForStrangers(pool: string): boolean {
  return pool.startsWith("strangers:");
}

function withoutUndefined<Value extends object>(value: {
  [Key in keyof Value]: Value[Key] | undefined;
}): Value {
  const entries = Object.entries(value).filter(([, one]) => one !== undefined);
  return Object.fromEntries(entries) as Value;
}
