import {
  CreateSecurityGroupCommand,
  paginateDescribeInstances,
  RunInstancesCommand,
  StartInstancesCommand,
  type _InstanceType,
} from "@aws-sdk/client-ec2";
import { AwsCallError, hasCode } from "../call-error.ts";
import { findImage, type ImageFacts } from "../images.ts";
import { findTypes, type TypeFacts } from "../launch-facts.ts";
import { findGroup, findSubnets } from "../network.ts";
import { FLEET_TAG, OWNER_TAG } from "../tags.ts";
import { explain } from "../explain.ts";
import { serverPolicy } from "../server-policy.ts";
import type { Checked } from "./doctor.ts";
import { findingsOf, type Finding } from "./finding.ts";
import { checkQuota } from "./quota.ts";

/** Types, images and quota, and whether a machine could be launched: EC2 says so without doing it. */
export async function* checkLaunch(checked: Checked): AsyncGenerator<Finding> {
  const { clients, target } = checked;
  const types = await findTypes(clients, target);
  const about = findingsOf("types");
  const zones = new Set((await findSubnets(clients, target)).map((one) => one.AvailabilityZone));
  for (const type of types) {
    const here = type.zones.filter((zone) => zones.has(zone));
    yield here.length > 0
      ? about.ok(`${type.name} (${type.architecture}, ${type.vcpus} vCPU) in ${here.join(", ")}`)
      : about.failed(
          `${type.name} is not to be had in the zones of the subnets`,
          "take it out of DEFERRED_EC2_TYPES, or name a subnet in a zone that has it",
        );
  }

  const images = new Map<TypeFacts["architecture"], ImageFacts>();
  for (const architecture of new Set(types.map((type) => type.architecture))) {
    const image = await findImage(clients, target.ec2.image, architecture);
    if (image) images.set(architecture, image);
    yield image
      ? findingsOf("image").ok(`${image.id} (${image.name}) for ${architecture}`)
      : findingsOf("image").failed(
          `${target.ec2.image} gives no image for ${architecture}`,
          "set DEFERRED_EC2_AMI to debian-13, to an id of this region, or take the types of this kind out",
        );
  }

  const possible = types.filter((type) => images.has(type.architecture));
  for (const type of possible) yield launchOf(checked, type, images.get(type.architecture)!);
  const [first] = possible;
  if (first) yield await leastRights(checked, first, images.get(first.architecture)!);
  yield await restart(checked);
  yield* checkQuota(checked, types);
}

async function launchOf(checked: Checked, type: TypeFacts, image: ImageFacts): Promise<Finding> {
  const about = findingsOf("launch");
  const refusal = await dryRun(() => runOf(checked, type, image, "required"));
  if (!refusal) return about.ok(`${checked.target.ec2.market} ${type.name} would be launched`);
  const { message, hint } = reasonOf(refusal, checked);
  return about.failed(`${type.name} would not be launched: ${message}`, hint);
}

/** Credentials that may do more than the server needs are worth more to whoever takes them. */
async function leastRights(checked: Checked, type: TypeFacts, image: ImageFacts): Promise<Finding> {
  const about = findingsOf("rights");
  const { clients, target } = checked;
  const old = await dryRun(() => runOf(checked, type, image, "optional"));
  const GroupName = "deferred doctor";
  const group = await dryRun(() =>
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
    `give the server ones with just the policy of deferred aws plan, for ${target.url}`,
  );
}

async function restart(checked: Checked): Promise<Finding> {
  const about = findingsOf("start");
  const { clients, target } = checked;
  if (target.ec2.lifecycle !== "warm") return about.skipped("machines are not started twice");
  const Filters = [
    { Name: `tag:${OWNER_TAG}`, Values: [target.url] },
    { Name: "tag-key", Values: [FLEET_TAG] },
    { Name: "instance-state-name", Values: ["stopped"] },
  ];
  for await (const page of paginateDescribeInstances({ client: clients.ec2 }, { Filters })) {
    const id = page.Reservations?.[0]?.Instances?.[0]?.InstanceId;
    if (id === undefined) continue;
    const InstanceIds = [id];
    const refusal = await dryRun(() =>
      clients.ec2.send(new StartInstancesCommand({ DryRun: true, InstanceIds })),
    );
    if (!refusal) return about.ok(`${id} would be started`);
    const { message, hint } = reasonOf(refusal, checked);
    return about.failed(`${id} would not be started: ${message}`, hint);
  }
  return about.skipped("no stopped machine is there to try it with");
}

/** The order as the server gives it, as far as permissions look at it. */
async function runOf(
  { clients, target }: Checked,
  type: TypeFacts,
  image: ImageFacts,
  HttpTokens: "required" | "optional",
) {
  const group = await findGroup(clients, target);
  const subnets = await findSubnets(clients, target);
  const subnet = subnets.find((one) => type.zones.includes(one.AvailabilityZone ?? ""));
  const Tags = [
    { Key: OWNER_TAG, Value: target.url },
    { Key: FLEET_TAG, Value: target.fleet ?? "doctor" },
  ];
  const spot = {
    MarketType: "spot" as const,
    SpotOptions: { SpotInstanceType: "one-time" as const },
  };
  return clients.ec2.send(
    new RunInstancesCommand({
      DryRun: true,
      ImageId: image.id,
      InstanceType: type.name as _InstanceType,
      MinCount: 1,
      MaxCount: 1,
      ...(group ? { SecurityGroupIds: [group.id] } : {}),
      ...(subnet ? { SubnetId: subnet.SubnetId } : {}),
      ...(target.ec2.market === "spot" ? { InstanceMarketOptions: spot } : {}),
      MetadataOptions: { HttpTokens, HttpEndpoint: "enabled", HttpPutResponseHopLimit: 1 },
      BlockDeviceMappings: [
        {
          DeviceName: image.rootDevice,
          Ebs: { Encrypted: true, VolumeType: "gp3", VolumeSize: target.ec2.diskGb },
        },
      ],
      TagSpecifications: (["instance", "volume"] as const).map((ResourceType) => ({
        ResourceType,
        Tags,
      })),
    }),
  );
}

/** Why it would be refused; undefined where it would be done. */
async function dryRun(call: () => Promise<unknown>): Promise<AwsCallError | undefined> {
  try {
    await call();
  } catch (error) {
    if (hasCode(error, "DryRunOperation")) return undefined;
    if (error instanceof AwsCallError) return error;
    throw error;
  }
  throw new Error("EC2 did what was asked for, though it was only to say whether it would.");
}

function reasonOf(error: AwsCallError, { target, account }: Checked) {
  const document = serverPolicy(target, { account });
  return explain(error, target, { name: "server", document });
}
