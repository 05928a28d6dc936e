import { endDryRun, tagSet, tagsFor, type Action, type ActionContext } from "./action.ts";
import { Ec2Error, invalidValue, missing } from "./error.ts";
import { filtered, page } from "./filters.ts";
import type { Parameters } from "./parameters.ts";
import { newResourceId, type SecurityGroup, type SecurityRule, type Store } from "./store.ts";
import type { Xml } from "./xml.ts";

type Rules = NonNullable<SecurityGroup["rules"]>;
type Direction = keyof Rules;

const EVERYTHING: SecurityRule = {
  protocol: "-1",
  from: undefined,
  to: undefined,
  kind: "ipv4",
  peer: "0.0.0.0/0",
};

/** Where each kind of peer stands in a request, and in an answer. */
const PEERS = {
  ipv4: { asked: "IpRanges", field: "CidrIp", set: "ipRanges", item: "cidrIp" },
  ipv6: { asked: "Ipv6Ranges", field: "CidrIpv6", set: "ipv6Ranges", item: "cidrIpv6" },
  group: { asked: "Groups", field: "GroupId", set: "groups", item: "groupId" },
  prefixList: {
    asked: "PrefixListIds",
    field: "PrefixListId",
    set: "prefixListIds",
    item: "prefixListId",
  },
} as const;
const KINDS = Object.keys(PEERS) as SecurityRule["kind"][];

export const networkActions: Record<string, Action> = {
  DescribeVpcs({ parameters, store }) {
    const vpcs = [...new Set(store.subnets.map(({ vpcId }) => vpcId))].map((id) => ({
      id,
      isDefault: store.subnets.some(({ vpcId, isDefault }) => vpcId === id && isDefault),
      tags: new Map<string, string>(),
    }));
    const asked = parameters.list("VpcId");
    const unknown = asked.find((id) => !vpcs.some((vpc) => vpc.id === id));
    if (unknown !== undefined) {
      throw new Ec2Error("InvalidVpcID.NotFound", `The vpc ID '${unknown}' does not exist`);
    }
    const named = vpcs.filter(({ id }) => asked.length === 0 || asked.includes(id));
    const found = filtered(named, parameters, (vpc) => ({
      "vpc-id": vpc.id,
      "is-default": String(vpc.isDefault),
      state: "available",
    }));
    const { items, nextToken } = page(found, parameters);
    return {
      vpcSet: items.map((vpc) => ({
        vpcId: vpc.id,
        ownerId: store.accountId,
        state: "available",
        cidrBlock: "172.31.0.0/16",
        instanceTenancy: "default",
        isDefault: vpc.isDefault,
      })),
      nextToken,
    };
  },

  DescribeInstanceTypeOfferings({ parameters, store }) {
    const by = parameters.text("LocationType") ?? "region";
    const places =
      by === "availability-zone" ? store.subnets.map(({ zone }) => zone) : [store.region];
    const offerings = store.types.flatMap(({ name }) =>
      [...new Set(places)].map((location) => ({ name, location, tags: new Map<string, string>() })),
    );
    const found = filtered(offerings, parameters, ({ name, location }) => ({
      "instance-type": name,
      location,
    }));
    const { items, nextToken } = page(found, parameters);
    return {
      instanceTypeOfferingSet: items.map(({ name, location }) => ({
        instanceType: name,
        locationType: by,
        location,
      })),
      nextToken,
    };
  },

  DescribeSecurityGroups(context) {
    const { parameters, store } = context;
    const ids = parameters.list("GroupId");
    const groups =
      ids.length > 0 ? ids.map((id) => groupById(id, store)) : [...store.securityGroups.values()];
    const found = filtered(groups, parameters, (group) => ({
      "group-id": group.id,
      "group-name": group.name,
      "vpc-id": group.vpcId,
      description: group.description,
    }));
    const { items, nextToken } = page(found, parameters);
    return {
      securityGroupInfo: items.map((group) => {
        const { inbound, outbound } = rulesOf(group);
        return {
          ownerId: store.accountId,
          groupName: group.name,
          groupId: group.id,
          groupDescription: group.description,
          ipPermissions: permissionsXml(inbound, store),
          ipPermissionsEgress: permissionsXml(outbound, store),
          vpcId: group.vpcId,
          tagSet: tagSet(group.tags),
          securityGroupArn: arnOf(group.id, store),
        };
      }),
      nextToken,
    };
  },

  CreateSecurityGroup(context) {
    const { parameters, store } = context;
    const name = parameters.required("GroupName");
    const description = parameters.required("GroupDescription");
    const vpcId =
      parameters.text("VpcId") ?? store.subnets.find(({ isDefault }) => isDefault)?.vpcId;
    // A group of a network may have no other characters, in its name and its description.
    for (const [field, value] of Object.entries({
      groupName: name,
      groupDescription: description,
    })) {
      if (!/^[a-zA-Z0-9 ._\-:/()#,@[\]+=&;{}!$*]{1,255}$/.test(value) || name.startsWith("sg-")) {
        throw invalidValue(field, value);
      }
    }
    if (vpcId === undefined) {
      throw new Ec2Error("VPCIdNotSpecified", "No default VPC for this user");
    }
    if (!store.subnets.some((subnet) => subnet.vpcId === vpcId)) {
      throw new Ec2Error("InvalidVpcID.NotFound", `The vpc ID '${vpcId}' does not exist`);
    }
    const taken = [...store.securityGroups.values()].some(
      (group) => group.vpcId === vpcId && group.name === name,
    );
    if (taken) {
      throw new Ec2Error(
        "InvalidGroup.Duplicate",
        `The security group '${name}' already exists for VPC '${vpcId}'`,
      );
    }
    const tags = tagsFor("security-group", parameters);
    endDryRun(context);
    const id = newResourceId("sg");
    const rules: Rules = { inbound: [], outbound: [EVERYTHING] };
    store.securityGroups.set(id, { id, name, description, vpcId, tags, rules });
    return {
      return: true,
      groupId: id,
      tagSet: tagSet(tags),
      securityGroupArn: arnOf(id, store),
    };
  },

  DeleteSecurityGroup(context) {
    const { parameters, store } = context;
    const group = groupById(parameters.required("GroupId"), store);
    if (group.name === "default") {
      throw new Ec2Error(
        "CannotDelete",
        `the specified group: "${group.id}" name: "default" cannot be deleted by a user`,
      );
    }
    const isUsed = [...store.instances.values()].some(
      ({ state, groups }) => state !== "terminated" && groups.includes(group.id),
    );
    if (isUsed) {
      throw new Ec2Error("DependencyViolation", `resource ${group.id} has a dependent object`);
    }
    endDryRun(context);
    store.securityGroups.delete(group.id);
    return { return: true, groupId: group.id };
  },

  AuthorizeSecurityGroupIngress: (context) => authorize(context, "inbound"),
  AuthorizeSecurityGroupEgress: (context) => authorize(context, "outbound"),
  RevokeSecurityGroupIngress: (context) => revoke(context, "inbound"),
  RevokeSecurityGroupEgress: (context) => revoke(context, "outbound"),
};

function authorize(context: ActionContext, direction: Direction): Record<string, Xml> {
  const { parameters, store } = context;
  const group = groupById(parameters.required("GroupId"), store);
  const rules = rulesOf(group);
  const asked = askedRules(parameters);
  const there = asked.find((one) => rules[direction].some((rule) => same(rule, one)));
  if (there) {
    throw new Ec2Error(
      "InvalidPermission.Duplicate",
      `the specified rule "peer: ${there.peer}, ${there.protocol}, from port: ${there.from}, to port: ${there.to}, ALLOW" already exists`,
    );
  }
  if (rules[direction].length + asked.length > 60) {
    throw new Ec2Error(
      "RulesPerSecurityGroupLimitExceeded",
      "The maximum number of rules per security group has been reached.",
    );
  }
  endDryRun(context);
  rules[direction].push(...asked);
  group.rules = rules;
  return {
    return: true,
    securityGroupRuleSet: asked.map((rule) => ({
      securityGroupRuleId: newResourceId("sgr"),
      groupId: group.id,
      groupOwnerId: store.accountId,
      isEgress: direction === "outbound",
      ipProtocol: rule.protocol,
      fromPort: rule.from ?? -1,
      toPort: rule.to ?? -1,
      cidrIpv4: rule.kind === "ipv4" ? rule.peer : undefined,
      cidrIpv6: rule.kind === "ipv6" ? rule.peer : undefined,
    })),
  };
}

function revoke(context: ActionContext, direction: Direction): Record<string, Xml> {
  const { parameters, store } = context;
  const group = groupById(parameters.required("GroupId"), store);
  const rules = rulesOf(group);
  const asked = askedRules(parameters);
  const unknown = asked.find((one) => !rules[direction].some((rule) => same(rule, one)));
  if (unknown) {
    throw new Ec2Error(
      "InvalidPermission.NotFound",
      "The specified rule does not exist in this security group.",
    );
  }
  endDryRun(context);
  rules[direction] = rules[direction].filter((rule) => !asked.some((one) => same(rule, one)));
  group.rules = rules;
  return { return: true };
}

function askedRules(parameters: Parameters): SecurityRule[] {
  const permissions = parameters.structures("IpPermissions");
  if (permissions.length === 0) throw missing("IpPermissions");
  return permissions.flatMap((permission) => {
    const protocol = permission.required("IpProtocol");
    const isAll = protocol === "-1";
    const [from, to] = [permission.whole("FromPort"), permission.whole("ToPort")];
    if (!isAll && (from === undefined || to === undefined)) {
      throw new Ec2Error(
        "InvalidParameterValue",
        "Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.",
      );
    }
    const rules = KINDS.flatMap((kind) =>
      permission.structures(PEERS[kind].asked).map((range) => ({
        protocol,
        from: isAll ? undefined : from,
        to: isAll ? undefined : to,
        kind,
        peer: range.required(PEERS[kind].field),
      })),
    );
    const bad = rules.find(({ kind, peer }) => kind === "ipv4" && !/^[\d.]+\/\d+$/.test(peer));
    if (bad) throw new Ec2Error("InvalidParameterValue", `CIDR block ${bad.peer} is malformed`);
    if (rules.length === 0) throw missing("IpPermissions.1.IpRanges");
    return rules;
  });
}

function rulesOf(group: SecurityGroup): Rules {
  const ofItself: SecurityRule = { ...EVERYTHING, kind: "group", peer: group.id };
  return group.rules ?? { inbound: [ofItself], outbound: [EVERYTHING] };
}

function groupById(id: string, store: Store): SecurityGroup {
  if (!/^sg-([0-9a-f]{8}|[0-9a-f]{17})$/.test(id)) {
    throw new Ec2Error("InvalidGroupId.Malformed", `Invalid id: "${id}" (expecting "sg-...")`);
  }
  const group = store.securityGroups.get(id);
  if (group) return group;
  throw new Ec2Error("InvalidGroup.NotFound", `The security group '${id}' does not exist`);
}

/** Rules of the same protocol and ports share an entry. */
function permissionsXml(rules: SecurityRule[], store: Store): Xml {
  const entries = Map.groupBy(rules, ({ protocol, from, to }) => `${protocol} ${from} ${to}`);
  return [...entries.values()].map((group): Record<string, Xml> => {
    const { protocol, from, to } = group[0]!;
    const peers = KINDS.map((kind): [string, Xml] => [
      PEERS[kind].set,
      group
        .filter((rule) => rule.kind === kind)
        .map((rule) => ({
          ...(kind === "group" ? { userId: store.accountId } : {}),
          [PEERS[kind].item]: rule.peer,
        })),
    ]);
    return { ipProtocol: protocol, fromPort: from, toPort: to, ...Object.fromEntries(peers) };
  });
}

function same(a: SecurityRule, b: SecurityRule): boolean {
  return (
    a.protocol === b.protocol &&
    a.from === b.from &&
    a.to === b.to &&
    a.kind === b.kind &&
    a.peer === b.peer
  );
}

function arnOf(id: string, { region, accountId }: Store): string {
  return `arn:aws:ec2:${region}:${accountId}:security-group/${id}`;
}
