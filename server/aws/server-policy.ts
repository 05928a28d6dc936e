import { allow, BUCKET_READS, partitionOf, type PolicyDocument, type Statement } from "./policy.ts";
import { FLEET_TAG, OWNER_TAG } from "./tags.ts";
import type { Target } from "./target.ts";

/** What makes the policy narrower where it is known. */
export interface Known {
  account?: string | undefined;
  securityGroup?: string | undefined;
  /** The network in which the security group is. */
  vpc?: string | undefined;
  /** Account that owns the images launched, or the images' ids. */
  imageOwner?: string | undefined;
}

/** Quotas of EC2 in virtual processors: on-demand and spot machines of the standard types. */
export const QUOTAS = { "on-demand": "L-1216C47A", spot: "L-34B43A08" } as const;

/** What `ec2:Owner` is for images of publishers that AWS has verified, instead of the account's number. */
const OWNER_ALIASES = ["amazon", "aws-marketplace"];

/**
 * The least that the server has to be allowed. AWS authorizes a launch for every resource it touches, so
 * each kind has a statement of its own, with the conditions that this kind knows.
 */
export function serverPolicy(target: Target, known: Known): PolicyDocument {
  return {
    Version: "2012-10-17",
    Statement: [
      ...(target.uses.ec2
        ? [look(target), ...launching(target, known), ...machines(target, known)]
        : []),
      ...(target.uses.s3 ? files(target) : []),
    ],
  };
}

function look({ region }: Target): Statement {
  const actions = [
    "ec2:DescribeImages",
    "ec2:DescribeInstanceTypeOfferings",
    "ec2:DescribeInstanceTypes",
    "ec2:DescribeInstances",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:GetEbsDefaultKmsKeyId",
  ];
  // AWS knows no narrower resource for these.
  return allow("Look", actions, ["*"], { StringEquals: { "ec2:Region": region } });
}

function launching(target: Target, known: Known): Statement[] {
  const arn = arnsOf(target, known);
  const { subnets, image, types, market, diskGb } = target.ec2;
  const made = fleetIs("aws:RequestTag", target);
  const run = (Sid: string, resources: string[], ...conditions: Condition[]) =>
    allow(Sid, ["ec2:RunInstances"], resources, ...conditions);
  const inVpc: Condition =
    known.vpc === undefined ? {} : { StringEquals: { "ec2:Vpc": arn("vpc", known.vpc) } };
  const subnetArns = subnets.map((id) => arn("subnet", id));
  const inSubnets: Condition = { StringEquals: { "ec2:Subnet": subnetArns } };
  // An image that has an alias is its alias's: Debian's and Canonical's are "aws-marketplace", or "amazon".
  const owners = [known.imageOwner ?? "", ...(image.startsWith("self:") ? [] : OWNER_ALIASES)];
  const ofOwner: Condition =
    known.imageOwner === undefined ? {} : { StringEquals: { "ec2:Owner": owners } };
  const isOurs: Condition = { StringEquals: { [`ec2:ResourceTag/${OWNER_TAG}`]: target.url } };

  return [
    run("LaunchMachines", [arn("instance")], made, {
      StringEquals: { "ec2:MetadataHttpTokens": "required", "ec2:InstanceType": types },
      // A machine holds no credentials: it gets no role.
      Null: { "ec2:InstanceProfile": "true" },
    }),
    run("LaunchWithVolumes", [arn("volume")], made, {
      Bool: { "ec2:Encrypted": "true" },
      NumericLessThanEquals: { "ec2:VolumeSize": String(diskGb) },
    }),
    image.startsWith("ami-")
      ? run("LaunchFromImage", [arn("image", image, "")])
      : run("LaunchFromImage", [arn("image", "*", "")], ofOwner),
    known.securityGroup === undefined
      ? run("LaunchBehindGroup", [arn("security-group")], isOurs)
      : run("LaunchBehindGroup", [arn("security-group", known.securityGroup)]),
    subnets.length === 0
      ? run("LaunchInSubnets", [arn("subnet")], inVpc)
      : run("LaunchInSubnets", subnetArns),
    run("LaunchOnNetwork", [arn("network-interface")], subnets.length === 0 ? inVpc : inSubnets),
    ...(market === "spot" ? [run("LaunchOnSpot", [arn("spot-instances-request")])] : []),
    allow("TagWhatIsLaunched", ["ec2:CreateTags"], [arn("instance"), arn("volume")], {
      StringEquals: { "ec2:CreateAction": "RunInstances" },
    }),
  ];
}

/** What the server does with machines that are there, and doctor with the quotas. */
function machines(target: Target, known: Known): Statement[] {
  const arn = arnsOf(target, known);
  const place = `${target.region}:${known.account ?? "*"}`;
  const quotas = Object.values(QUOTAS).map(
    (code) => `arn:${partitionOf(target.region)}:servicequotas:${place}:ec2/${code}`,
  );
  const turn = ["ec2:StartInstances", "ec2:StopInstances", "ec2:TerminateInstances"];
  return [
    allow("StartStopTerminateOwn", turn, [arn("instance")], fleetIs("ec2:ResourceTag", target)),
    allow(
      "ReadConsoleOfOwn",
      ["ec2:GetConsoleOutput"],
      [arn("instance")],
      fleetIs("ec2:ResourceTag", target),
    ),
    allow("DoctorReadsQuotas", ["servicequotas:GetServiceQuota"], quotas),
  ];
}

function files(target: Target): Statement[] {
  const bucket = `arn:${partitionOf(target.region)}:s3:::${target.bucket}`;
  const folders = ["results", "private"].map((folder) => `${bucket}/${folder}/*`);
  return [
    allow("KeepFiles", ["s3:PutObject", "s3:GetObject", "s3:DeleteObject"], folders),
    allow("FindFiles", ["s3:ListBucket"], [bucket]),
    allow("DoctorReadsBucket", BUCKET_READS, [bucket]),
  ];
}

type Condition = NonNullable<Statement["Condition"]>;

function arnsOf({ region }: Target, { account = "*" }: Known) {
  return (kind: string, name = "*", owner = account) =>
    `arn:${partitionOf(region)}:ec2:${region}:${owner}:${kind}/${name}`;
}

/** Tags of the machines of this server, read from what is asked for or from what is there. */
function fleetIs(key: "aws:RequestTag" | "ec2:ResourceTag", { url, fleet }: Target): Condition {
  const [owner, mark] = [`${key}/${OWNER_TAG}`, `${key}/${FLEET_TAG}`];
  return fleet === undefined
    ? { StringEquals: { [owner]: url }, Null: { [mark]: "false" } }
    : { StringEquals: { [owner]: url, [mark]: fleet } };
}
