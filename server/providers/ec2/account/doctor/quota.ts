import { GetServiceQuotaCommand } from "@aws-sdk/client-service-quotas";
import { AwsCallError } from "../call-error.ts";
import type { TypeFacts } from "../launch-facts.ts";
import type { Checked } from "./checked.ts";
import { findingsOf, type Finding } from "../../../../operate/doctor/finding.ts";

/** Quotas of EC2 in virtual processors: on-demand and spot machines of the standard types. */
const QUOTAS = { "on-demand": "L-1216C47A", spot: "L-34B43A08" } as const;
/** Instance families that the two quotas count. */
const STANDARD = /^[acdhimrtz]\d/;
/** Pools to plan for. Blocks share one; each project has one for its commands and one for strangers' commits. */
const POOLS = 2;

/** Checks that the account's quota allows the fleet's maximum number of processors. */
export async function* checkQuota(checked: Checked, types: TypeFacts[]): AsyncGenerator<Finding> {
  const { market } = checked.target.ec2;
  const counted = types.filter(({ name }) => STANDARD.test(name));
  if (counted.length === 0) {
    yield findingsOf("quota").skipped("none of the types is of the standard kind");
    return;
  }
  const vcpus = Math.max(...counted.map((type) => type.vcpus));
  // On-demand is the fallback of spot.
  const markets = market === "spot" ? (["spot", "on-demand"] as const) : (["on-demand"] as const);
  for (const one of markets) yield await quotaOf(checked, one, vcpus);
}

async function quotaOf(
  { clients, target }: Checked,
  market: keyof typeof QUOTAS,
  vcpus: number,
): Promise<Finding> {
  const about = findingsOf("quota");
  const code = QUOTAS[market];
  const { maxMachines } = target.ec2;
  const wanted = vcpus * maxMachines * POOLS;
  const pools = `blocks, each project and its strangers have a pool of their own, of up to ${maxMachines}`;
  try {
    const { Quota } = await clients.quotas.send(
      new GetServiceQuotaCommand({ ServiceCode: "ec2", QuotaCode: code }),
    );
    const value = Quota?.Value ?? 0;
    const machines = Math.floor(value / vcpus);
    const words = `${value} vCPUs ${market} are ${machines} machine${machines === 1 ? "" : "s"} at a time; ${pools}`;
    if (value >= wanted) return about.ok(words);
    // One pool is enough to serve readers of blocks.
    const say = machines >= maxMachines ? about.warning : about.failed;
    return say(
      words,
      `ask for more: aws service-quotas request-service-quota-increase --service-code ec2 --quota-code ${code} --desired-value ${wanted}`,
    );
  } catch (error) {
    if (!(error instanceof AwsCallError)) throw error;
    const isDenied = error.code.startsWith("AccessDenied");
    return about.warning(
      isDenied ? "these credentials may not read it" : `it could not be read: ${error.message}`,
      `look under Service Quotas, EC2, ${code}: ${wanted} vCPUs are ${maxMachines * POOLS} machines; ${pools}`,
    );
  }
}
