import { availableParallelism } from "node:os";
import type { FleetPolicy } from "./plan.ts";
import type { Settings } from "../settings/settings.ts";

/** How many machines the settings allow, and for how long each stays. */
export function fleetPolicy(settings: Settings): FleetPolicy {
  return settings.compute === "ec2" ? ec2Policy(settings) : localPolicy(settings);
}

function localPolicy(settings: Settings): FleetPolicy {
  return {
    idleMs: settings.idleS * 1000,
    maxMachines: 2,
    // Each is a process of about 80 MB that runs four things at once: more than cores gain nothing.
    maxInAll: Math.max(4, availableParallelism()),
    // Without a sign of life; a busy host may take minutes to start a process.
    bootMs: 30_000,
    bootMostMs: 10 * 60_000,
    silentMs: 60_000,
    spare: 0,
    expectedSlots: 4,
    keptMs: 0,
    coolDown: { firstMs: 5000, mostMs: 60_000 },
    budget: undefined,
    hints: true,
  };
}

/** The figures behind it are in docs/fleet-policies.md. */
function ec2Policy(settings: Settings): FleetPolicy {
  const { ec2 } = settings;
  return {
    idleMs: settings.idleS * 1000,
    maxMachines: ec2.maxMachines,
    // The budget bounds them, and what the account allows.
    maxInAll: Infinity,
    bootMs: 5 * 60_000,
    bootMostMs: 20 * 60_000,
    silentMs: 60_000,
    spare: ec2.lifecycle === "warm" ? ec2.spare : 0,
    expectedSlots: 4,
    keptMs: 7 * 24 * 60 * 60_000,
    coolDown: { firstMs: 60_000, mostMs: 15 * 60_000 },
    budget: { hours: ec2.budgetHours, projectHours: ec2.projectBudgetHours },
    hints: ec2.hints,
  };
}
