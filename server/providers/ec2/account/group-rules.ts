import { DescribeSecurityGroupsCommand, type IpPermission } from "@aws-sdk/client-ec2";
import { hasCode } from "./call-error.ts";
import type { Clients } from "./clients.ts";

/** A rule of a security group, with addresses and ports in EC2's format. */
export interface Rule {
  protocol: string;
  from: number;
  to: number;
  /** A CIDR block, a group or a prefix list. */
  peer: string;
}

export interface FoundGroup {
  id: string;
  vpc: string;
  inbound: Rule[];
  outbound: Rule[];
}

export async function findGroup({ ec2 }: Clients, id: string): Promise<FoundGroup | undefined> {
  try {
    const command = new DescribeSecurityGroupsCommand({ GroupIds: [id] });
    const { SecurityGroups: [group] = [] } = await ec2.send(command);
    return (
      group && {
        id,
        vpc: group.VpcId ?? "",
        inbound: (group.IpPermissions ?? []).flatMap(rulesOf),
        outbound: (group.IpPermissionsEgress ?? []).flatMap(rulesOf),
      }
    );
  } catch (error) {
    if (hasCode(error, "InvalidGroup.NotFound", "InvalidGroupId.Malformed")) return undefined;
    throw error;
  }
}

export function letsOut({ outbound }: FoundGroup, port: number): boolean {
  return outbound.some(
    ({ protocol, from, to }) =>
      protocol === "-1" || (protocol === "tcp" && from <= port && port <= to),
  );
}

export function ruleWords({ protocol, from, to, peer }: Rule): string {
  if (protocol === "-1") return `everything, ${peer}`;
  return `${protocol} ${from === to ? from : `${from} to ${to}`}, ${peer}`;
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
