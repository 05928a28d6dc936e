import { CreateSecurityGroupCommand, StartInstancesCommand } from "@aws-sdk/client-ec2";
import type { AwsCallError } from "../call-error.ts";
import { explain } from "../explain.ts";
import { findTypes, type TypeFacts } from "../launch-facts.ts";
import { findMachines } from "../machines.ts";
import { findSubnets } from "../network.ts";
import type { Checked } from "./checked.ts";
import { refusalOf, refusalOfLaunch, wantedOf, type Wanted } from "./dry-run.ts";
import { findingsOf, type Finding } from "../../../../operate/doctor/finding.ts";
import { checkQuota } from "./quota.ts";

/** Checks types, images, quota, and by a dry run whether a machine could be launched. */
export async function* checkLaunch(checked: Checked): AsyncGenerator<Finding> {
  const { clients, target } = checked;
  const types = await findTypes(clients, target);
  yield* checkTypes(checked, types);
  const wanted: Wanted[] = [];
  for (const type of types) {
    const one = await wantedOf(clients, target, { type, now: checked.now });
    if ("image" in one) wanted.push(one);
    else {
      yield findingsOf("image").failed(
        `${target.ec2.image} gives none for ${type.name}: ${one.missing}`,
        "set DEFERRED_EC2_AMI to debian-13, to an id of this region, or take this type out",
      );
    }
  }
  yield* checkLaunches(checked, wanted);
  if (wanted[0]) yield await leastRights(checked, wanted[0]);
  if (target.ec2.market === "spot") {
    yield findingsOf("spot role").skipped(
      "spot needs a role that an account is given once, and nothing tells whether it is there: deferred aws setup --set MakeSpotRole=yes makes it",
    );
  }
  yield await restart(checked);
  yield* checkQuota(checked, types);
}

async function* checkTypes(
  { clients, target }: Checked,
  types: TypeFacts[],
): AsyncGenerator<Finding> {
  const about = findingsOf("types");
  const zones = new Set((await findSubnets(clients, target)).map((one) => one.AvailabilityZone));
  const missing = target.ec2.types.filter((name) => !types.some((type) => type.name === name));
  if (missing.length > 0) {
    const say = types.length > 0 ? about.warning : about.failed;
    yield say(
      `${target.region} does not have ${missing.join(" and ")}`,
      "take out of DEFERRED_EC2_TYPES what the region does not have; t3.small is in nearly all",
    );
  }
  for (const { name, vcpus, zones: there } of types) {
    const here = there.filter((zone) => zones.has(zone));
    yield here.length > 0
      ? about.ok(`${name} (${vcpus} vCPU) in ${here.join(", ")}`)
      : about.failed(
          `${name} is not to be had in the zones of the subnets`,
          "take it out of DEFERRED_EC2_TYPES, or name a subnet in a zone that has it",
        );
  }
}

/** A refused type is only a warning while another type can be launched. */
async function* checkLaunches(checked: Checked, wanted: Wanted[]): AsyncGenerator<Finding> {
  const { clients, target } = checked;
  const about = findingsOf("launch");
  const refused: { type: string; refusal: AwsCallError }[] = [];
  for (const one of wanted) {
    const refusal = await refusalOfLaunch(clients, target, one);
    if (refusal) refused.push({ type: one.type, refusal });
    else yield about.ok(`${target.ec2.market} ${one.type} would be launched from ${one.image.id}`);
  }
  const say = refused.length < wanted.length ? about.warning : about.failed;
  for (const { type, refusal } of refused) {
    const { message, hint } = explain(refusal, target, checked.caller);
    yield say(`${type} would not be launched: ${message}`, hint);
  }
}

/** Warns about credentials with more rights than the server needs, which increase the damage of a leak. */
async function leastRights(checked: Checked, wanted: Wanted): Promise<Finding> {
  const about = findingsOf("rights");
  const { clients, target } = checked;
  const old = await refusalOfLaunch(clients, target, wanted, {
    MetadataOptions: { HttpTokens: "optional", HttpEndpoint: "enabled" },
  });
  const GroupName = "deferred doctor";
  const group = await refusalOf(() =>
    clients.ec2.send(
      new CreateSecurityGroupCommand({ DryRun: true, GroupName, Description: GroupName }),
    ),
  );
  const more = [
    ...(old === undefined ? ["launch machines with the old metadata service"] : []),
    ...(group === undefined ? ["make security groups"] : []),
  ];
  if (more.length === 0) return about.ok("no more than the server needs, as far as was tried");
  return about.warning(
    `these credentials may also ${more.join(" and ")}`,
    "give the server ones with just the stack's policies: those of its user, or of its role",
  );
}

async function restart({ clients, target, caller }: Checked): Promise<Finding> {
  const about = findingsOf("start");
  if (target.ec2.lifecycle !== "warm") return about.skipped("machines are not started twice");
  const [id] = await findMachines(clients, target, ["stopped"]);
  if (id === undefined) return about.skipped("no stopped machine is there to try it with");
  const command = new StartInstancesCommand({ DryRun: true, InstanceIds: [id] });
  const refusal = await refusalOf(() => clients.ec2.send(command));
  if (!refusal) return about.ok(`${id} would be started`);
  const { message, hint } = explain(refusal, target, caller);
  return about.failed(`${id} would not be started: ${message}`, hint);
}
