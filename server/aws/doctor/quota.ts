import { GetServiceQuotaCommand } from "@aws-sdk/client-service-quotas";
import { AwsCallError } from "../call-error.ts";
import type { TypeFacts } from "../launch-facts.ts";
import { QUOTAS } from "../server-policy.ts";
import type { Checked } from "./doctor.ts";
import { findingsOf, type Finding } from "./finding.ts";

/** Types that the two quotas count, by the first letters of their family. */
const STANDARD = /^[acdhimrtz]\d/;

/** Whether the account may have as many processors as the fleet may grow to. */
export async function* checkQuota(checked: Checked, types: TypeFacts[]): AsyncGenerator<Finding> {
  const { maxMachines, market } = checked.target.ec2;
  const counted = types.filter(({ name }) => STANDARD.test(name));
  if (counted.length === 0) {
    yield findingsOf("quota").skipped("none of the types is of the standard kind");
    return;
  }
  const needed = maxMachines * Math.max(...counted.map(({ vcpus }) => vcpus));
  // Where spot is not to be had, on-demand is tried.
  const markets = market === "spot" ? (["spot", "on-demand"] as const) : (["on-demand"] as const);
  for (const one of markets) yield await quotaOf(checked, one, needed);
}

async function quotaOf(
  { clients, target }: Checked,
  market: keyof typeof QUOTAS,
  needed: number,
): Promise<Finding> {
  const about = findingsOf("quota");
  const code = QUOTAS[market];
  try {
    const { Quota } = await clients.quotas.send(
      new GetServiceQuotaCommand({ ServiceCode: "ec2", QuotaCode: code }),
    );
    const value = Quota?.Value ?? 0;
    const words = `${value} vCPUs ${market}; ${target.ec2.maxMachines} machines in a pool need ${needed}`;
    return value >= needed
      ? about.ok(words)
      : about.failed(
          words,
          `ask for more: aws service-quotas request-service-quota-increase --service-code ec2 --quota-code ${code} --desired-value ${needed}`,
        );
  } catch (error) {
    if (!(error instanceof AwsCallError)) throw error;
    const isDenied = error.code.startsWith("AccessDenied");
    return about.warning(
      isDenied ? "these credentials may not read it" : `it could not be read: ${error.message}`,
      `look under Service Quotas, EC2, ${code}: ${needed} vCPUs are needed`,
    );
  }
}
