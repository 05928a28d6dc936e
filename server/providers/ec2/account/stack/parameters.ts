import type { Clients } from "../clients.ts";
import { findSubnets, someSubnets } from "../network.ts";
import { AccountError } from "../refusal.ts";
import { isAws, type Target } from "../target.ts";
import type { Stack } from "./stack.ts";
import { parameterNames } from "./statements.ts";

type Values = Record<string, string>;

/**
 * The stack's parameters: those given by name, then those from the server's settings. All others keep their values in
 * an existing stack and have the template's defaults in a new one. Throws `AccountError`.
 */
export async function stackParameters(
  clients: Clients,
  target: Target,
  { stack, template, said }: { stack: Stack | undefined; template: string; said: Values },
): Promise<Values> {
  // CloudFormation refuses parameters that this template does not have, though an earlier version had them.
  const taken = new Set(parameterNames(template));
  const kept = Object.entries(stack?.parameters ?? {}).filter(([name]) => taken.has(name));
  const before = Object.fromEntries(kept);
  const isNew = stack === undefined || stack.status === "REVIEW_IN_PROGRESS";
  const network = await networkOf(clients, target, {
    known: { ...before, ...said },
    stack,
    isNew,
  });
  return { ...before, ...fromSettings(target, { isNew }), ...network, ...said };
}

function fromSettings(
  { url, region, ec2, uses, isSet, ...target }: Target,
  { isNew }: { isNew: boolean },
): Values {
  const { port } = new URL(url);
  const values: Values = { ServerUrl: url, ServerPort: port || "443" };
  const isElsewhere = !isAws({ s3Endpoint: target.s3Endpoint });
  if (!uses.s3 || isElsewhere) values["Results"] = "none";
  // Only the default partition has CloudFront.
  else if (isNew && /^(cn|eusc|us-gov)-/.test(region)) values["Results"] = "bucket";
  if (!uses.ec2) values["Machines"] = "no";
  if (isSet("DEFERRED_RETENTION_DAYS")) {
    values["RetentionDays"] = String(target.retentionDays);
    values["LifecycleDays"] = String(Math.ceil(target.retentionDays) + 1);
  }
  if (isSet("DEFERRED_EC2_AMI")) values["Image"] = ec2.image;
  if (isSet("DEFERRED_EC2_TYPES")) values["InstanceTypes"] = ec2.types.join(",");
  if (isSet("DEFERRED_EC2_DISK_GB")) values["DiskGiB"] = String(ec2.diskGb);
  if (isSet("DEFERRED_EC2_MARKET") || isSet("DEFERRED_EC2_LIFECYCLE")) {
    values["Market"] = ec2.market;
    values["Lifecycle"] = ec2.lifecycle;
  }
  return values;
}

/** Subnets of three zones, as fallbacks for a zone without capacity. */
async function networkOf(
  clients: Clients,
  target: Target,
  { known, stack, isNew }: { known: Values; stack: Stack | undefined; isNew: boolean },
): Promise<Values> {
  const { subnets: named } = target.ec2;
  if (known["MakeNetwork"] === "yes") {
    // The settings name the subnets that the stack itself created.
    const isOwn = stack?.outputs["Environment"]?.includes(`SUBNETS=${named.join(",")}\n`) === true;
    if (named.length === 0 || isOwn) return { Vpc: "", Subnets: "" };
    throw new AccountError(
      "MakeNetwork=yes makes subnets, and others are named",
      "leave --subnets and DEFERRED_EC2_SUBNETS out, or --set MakeNetwork=no",
    );
  }
  const isOurs = known["Subnets"] || known["Vpc"];
  const isSaid = named.length > 0;
  if (!target.uses.ec2 || known["Machines"] === "no" || (!isSaid && (isOurs || !isNew))) return {};
  const subnets = await findSubnets(clients, target);
  if (subnets.length === 0) {
    throw new AccountError(
      `${target.region} has no default network`,
      "let the stack make one with --set MakeNetwork=yes, or name subnets with --subnets",
    );
  }
  const networks = [...new Set(subnets.map(({ VpcId = "" }) => VpcId))];
  if (networks.length > 1) {
    throw new AccountError(
      `the subnets lie in several networks: ${networks.join(", ")}`,
      "name subnets of one network: a security group belongs to one",
    );
  }
  const taken = isSaid ? named : someSubnets(subnets);
  return { Vpc: networks[0] ?? "", Subnets: taken.join(",") };
}
