import type { FleetPolicy } from "../policy.ts";
import type { ConfiguredProvider, Provider } from "../provider.ts";
import { ec2Kinds } from "./kinds.ts";
import { checkLaunchable, readEc2Settings, type Ec2Settings } from "./settings.ts";

/** Seconds without an answer of the server after which a machine stops; longer than an upgrade of the server. */
const UNREACHABLE_S = 600;
/** EC2's instance metadata service, at the same address on every machine. */
const METADATA_URL = "http://169.254.169.254";

export const ec2: Provider = {
  name: "ec2",
  configure(read, { url, idleS }) {
    const settings = readEc2Settings(read);
    checkLaunchable(settings, url, read.mistakes);
    return configureEc2(settings, idleS);
  },
};

function configureEc2(settings: Ec2Settings, idleS: number): ConfiguredProvider {
  return {
    name: "ec2",
    sharesHost: false,
    policy: ec2Policy(settings, idleS),
    kinds: ec2Kinds(settings),
    launchFacts: (market = settings.market) => ({
      unreachable_s: UNREACHABLE_S,
      // Only spot machines are interrupted.
      ...(market === "spot" && { interruption: { format: "ec2", url: METADATA_URL } }),
    }),
    async createCompute(deps) {
      const { openEc2Fleet } = await import("./fleet.ts");
      return openEc2Fleet(settings, deps);
    },
    async downloads(deps) {
      const { machineDownloads } = await import("../cloud-init/downloads.ts");
      return machineDownloads({
        ...deps,
        otherNode: settings.otherNode,
        otherNodeVariable: "DEFERRED_EC2_NODE_URL",
      });
    },
  };
}

/** docs/fleet-policies.md has the measurements behind these figures. */
function ec2Policy(settings: Ec2Settings, idleS: number): FleetPolicy {
  return {
    idleMs: idleS * 1000,
    maxMachines: settings.maxMachines,
    // Bounded by the budget and the account's quota instead.
    maxInAll: Infinity,
    bootMs: 5 * 60_000,
    bootMostMs: 20 * 60_000,
    silentMs: 60_000,
    spare: settings.lifecycle === "warm" ? settings.spare : 0,
    expectedSlots: 4,
    keptMs: 7 * 24 * 60 * 60_000,
    coolDown: { firstMs: 60_000, maxMs: 15 * 60_000 },
    budget: { hours: settings.budgetHours, projectHours: settings.projectBudgetHours },
    hints: settings.hints,
  };
}
