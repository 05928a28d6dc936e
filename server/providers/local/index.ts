import { availableParallelism } from "node:os";
import type { FleetPolicy } from "../policy.ts";
import type { ConfiguredProvider, Provider } from "../provider.ts";

/** Seconds without an answer of the server after which a local responder stops; nothing else would stop it. */
const UNREACHABLE_S = 60;

/** Machines that are processes on the server's own host. */
export const local: Provider = {
  name: "local",
  configure: (_, { idleS }): ConfiguredProvider => ({
    name: "local",
    sharesHost: true,
    policy: localPolicy(idleS),
    launchFacts: () => ({ unreachable_s: UNREACHABLE_S }),
    async createCompute({ folder, responder, log }) {
      const { createLocalCompute } = await import("./compute.ts");
      const { machines, cache } = folder;
      return createLocalCompute({ folder: machines, cache, responder, log });
    },
  }),
};

function localPolicy(idleS: number): FleetPolicy {
  return {
    idleMs: idleS * 1000,
    maxMachines: 2,
    // Each is a process of about 80 MB that executes four runs at once, so more machines than cores gain nothing.
    maxInAll: Math.max(4, availableParallelism()),
    // A busy host may take minutes to start a process.
    bootMs: 30_000,
    bootMostMs: 10 * 60_000,
    silentMs: 60_000,
    spare: 0,
    expectedSlots: 4,
    keptMs: 0,
    coolDown: { firstMs: 5000, maxMs: 60_000 },
    budget: undefined,
    hints: true,
  };
}
