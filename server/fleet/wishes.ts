import { ApiError } from "../../protocol/deferred-error.ts";
import type { ChangeMachineSettings, MachineWish } from "../../protocol/machines.ts";
import { SHARED_POOL_OWNER } from "../commands/pools.ts";
import type { FleetPolicy } from "../providers/policy.ts";
import type { MachineKinds } from "../providers/provider.ts";

/** Throws `machine_setting_refused` for a kind of machine that the provider can't launch. */
export function refuseWish(wish: MachineWish, kinds: MachineKinds | undefined): void {
  if (Object.keys(wish).length === 0) return;
  const sentence = kinds
    ? kinds.refuse(wish)
    : "Machines of this server are processes on its own host: they have no type, image or market.";
  if (sentence !== undefined) throw new ApiError("machine_setting_refused", sentence);
}

export interface SettingsContext {
  project: string;
  policy: Pick<FleetPolicy, "budget" | "maxMachines">;
  kinds: MachineKinds | undefined;
}

/** Throws `machine_setting_refused` for a setting that would mean nothing here. Removing one is always allowed. */
export function refuseSettings(
  { types, image, market, budget_hours: hours, min_awake: awake }: ChangeMachineSettings,
  { project, policy, kinds }: SettingsContext,
): void {
  refuseWish(
    { ...(types && { types }), ...(image && { image }), ...(market && { market }) },
    kinds,
  );
  if (typeof hours === "number") {
    if (!policy.budget) refuse("Machines of this server cost nothing, so there is no budget.");
    if (project === SHARED_POOL_OWNER) {
      refuse("DEFERRED_BUDGET_HOURS and DEFERRED_PROJECT_BUDGET_HOURS set the server's budgets.");
    }
  }
  if (typeof awake === "number" && awake > policy.maxMachines) {
    refuse(`A pool may have ${policy.maxMachines} machines awake at most.`);
  }
}

function refuse(detail: string): never {
  throw new ApiError("machine_setting_refused", detail);
}
