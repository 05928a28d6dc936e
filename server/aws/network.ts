import {
  AuthorizeSecurityGroupEgressCommand,
  CreateSecurityGroupCommand,
  DescribeSecurityGroupsCommand,
  DescribeVpcsCommand,
  paginateDescribeSubnets,
  RevokeSecurityGroupEgressCommand,
  RevokeSecurityGroupIngressCommand,
  type IpPermission,
  type SecurityGroup,
  type Subnet,
} from "@aws-sdk/client-ec2";
import { hasCode } from "./call-error.ts";
import type { Clients } from "./clients.ts";
import type { Rule } from "./group-rules.ts";
import { OWNER_TAG } from "./tags.ts";
import type { Target } from "./target.ts";

export interface FoundGroup {
  id: string;
  name: string;
  vpc: string;
  /** The server it was made for, where it says so. */
  owner: string | undefined;
  inbound: Rule[];
  outbound: Rule[];
}

/** The name of the group that setup makes. */
export function groupName(target: Target): string {
  return `deferred ${new URL(target.url).host}`.replace(/[^A-Za-z0-9 ._:-]/g, " ").slice(0, 255);
}

/** The group that is named in the settings, else the one that setup made. */
export async function findGroup({ ec2 }: Clients, target: Target): Promise<FoundGroup | undefined> {
  const id = target.ec2.securityGroup;
  const asked = id
    ? { GroupIds: [id] }
    : { Filters: [{ Name: `tag:${OWNER_TAG}`, Values: [target.url] }] };
  try {
    const { SecurityGroups = [] } = await ec2.send(new DescribeSecurityGroupsCommand(asked));
    return SecurityGroups[0] && groupOf(SecurityGroups[0]);
  } catch (error) {
    if (hasCode(error, "InvalidGroup.NotFound", "InvalidGroupId.Malformed")) return undefined;
    throw error;
  }
}

/** Every subnet machines may be started in: those of the settings, else the default of each zone. */
export async function findSubnets({ ec2 }: Clients, target: Target): Promise<Subnet[]> {
  const { subnets } = target.ec2;
  const asked =
    subnets.length > 0
      ? { SubnetIds: subnets }
      : { Filters: [{ Name: "default-for-az", Values: ["true"] }] };
  const found: Subnet[] = [];
  for await (const page of paginateDescribeSubnets({ client: ec2 }, asked)) {
    found.push(...(page.Subnets ?? []));
  }
  return found;
}

/**
 * Some of them, one a zone: where one zone has no machine to give, the next is asked. Each is a further
 * thing to try before somebody who waits is told that there is none.
 */
export function someSubnets(subnets: Subnet[], vpc: string | undefined): string[] {
  const isOpen = subnets.filter(
    ({ MapPublicIpOnLaunch, VpcId }) => MapPublicIpOnLaunch === true && VpcId === (vpc ?? VpcId),
  );
  const zones = new Map(isOpen.map((one) => [one.AvailabilityZone ?? "", one.SubnetId ?? ""]));
  const sorted = [...zones].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return sorted.slice(0, 3).map(([, id]) => id);
}

export async function defaultVpc({ ec2 }: Clients): Promise<string | undefined> {
  const Filters = [{ Name: "is-default", Values: ["true"] }];
  const { Vpcs = [] } = await ec2.send(new DescribeVpcsCommand({ Filters }));
  return Vpcs[0]?.VpcId;
}

export async function makeGroup({ ec2 }: Clients, target: Target, vpc: string): Promise<string> {
  const { GroupId = "" } = await ec2.send(
    new CreateSecurityGroupCommand({
      GroupName: groupName(target),
      Description: "Machines of Deferred Runner: nothing comes in, https and http go out",
      VpcId: vpc,
      TagSpecifications: [
        {
          ResourceType: "security-group",
          Tags: [
            { Key: OWNER_TAG, Value: target.url },
            { Key: "Name", Value: groupName(target) },
          ],
        },
      ],
    }),
  );
  return GroupId;
}

export async function allowOut({ ec2 }: Clients, group: string, rules: Rule[]): Promise<void> {
  try {
    await ec2.send(
      new AuthorizeSecurityGroupEgressCommand({
        GroupId: group,
        IpPermissions: rules.map(permissionOf),
      }),
    );
  } catch (error) {
    if (!hasCode(error, "InvalidPermission.Duplicate")) throw error;
  }
}

export async function forbidOut({ ec2 }: Clients, group: string, rules: Rule[]): Promise<void> {
  const IpPermissions = rules.map(permissionOf);
  await ec2.send(new RevokeSecurityGroupEgressCommand({ GroupId: group, IpPermissions }));
}

export async function forbidIn({ ec2 }: Clients, group: string, rules: Rule[]): Promise<void> {
  const IpPermissions = rules.map(permissionOf);
  await ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId: group, IpPermissions }));
}

function groupOf(group: SecurityGroup): FoundGroup {
  return {
    id: group.GroupId ?? "",
    name: group.GroupName ?? "",
    vpc: group.VpcId ?? "",
    owner: group.Tags?.find(({ Key }) => Key === OWNER_TAG)?.Value,
    inbound: (group.IpPermissions ?? []).flatMap(rulesOf),
    outbound: (group.IpPermissionsEgress ?? []).flatMap(rulesOf),
  };
}

function rulesOf(permission: IpPermission): Rule[] {
  const peers = [
    ...(permission.IpRanges ?? []).map(({ CidrIp }) => CidrIp),
    ...(permission.Ipv6Ranges ?? []).map(({ CidrIpv6 }) => CidrIpv6),
    ...(permission.UserIdGroupPairs ?? []).map(({ GroupId }) => GroupId),
    ...(permission.PrefixListIds ?? []).map(({ PrefixListId }) => PrefixListId),
  ];
  const protocol = permission.IpProtocol ?? "-1";
  const [from, to] = [permission.FromPort ?? -1, permission.ToPort ?? -1];
  return peers.map((peer = "") => ({ protocol, from, to, peer }));
}

function permissionOf({ protocol, from, to, peer }: Rule): IpPermission {
  const ports = protocol === "-1" ? {} : { FromPort: from, ToPort: to };
  const permission = { IpProtocol: protocol, ...ports };
  if (peer.startsWith("sg-")) return { ...permission, UserIdGroupPairs: [{ GroupId: peer }] };
  if (peer.startsWith("pl-")) return { ...permission, PrefixListIds: [{ PrefixListId: peer }] };
  return peer.includes(":")
    ? { ...permission, Ipv6Ranges: [{ CidrIpv6: peer }] }
    : { ...permission, IpRanges: [{ CidrIp: peer }] };
}
