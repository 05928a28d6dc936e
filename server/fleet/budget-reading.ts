import type { Queries } from "../database/database.ts";
import type { BudgetLimits, FleetPolicy } from "../providers/policy.ts";
import { dayOf, spentOf, usedToday, type Spent, type Used } from "./budget.ts";
import { ownBudgets, type MachineSettingsByProject } from "./machine-settings.ts";
import { pricedWakes } from "./wakes.ts";

export interface BudgetReading {
  used: Used;
  limits: BudgetLimits;
  spent: Spent;
}

/** Today's machine-hours; undefined where machines cost nothing. */
export async function readBudget(
  queries: Queries,
  of: { policy: Pick<FleetPolicy, "budget">; settings: MachineSettingsByProject; at: number },
): Promise<BudgetReading | undefined> {
  const { policy, settings, at } = of;
  if (!policy.budget) return undefined;
  const limits = { ...policy.budget, own: ownBudgets(settings) };
  const used = usedToday(await pricedWakes(queries, dayOf(at), at), at);
  return { used, limits, spent: spentOf(used, limits) };
}
