import type { Subnet } from "@aws-sdk/client-ec2";
import { findGroup, letsOut, ruleWords, type FoundGroup } from "../group-rules.ts";
import { findSubnets } from "../network.ts";
import type { Checked } from "./checked.ts";
import { findingsOf, type Finding } from "../../../../operate/doctor/finding.ts";

/** Checks the machines' subnets, and their inbound and outbound rules. */
export async function* checkNetwork(checked: Checked): AsyncGenerator<Finding> {
  const { clients, target } = checked;
  const id = target.ec2.securityGroup;
  const group = id === "" ? undefined : await findGroup(clients, id);
  yield* group ? rulesOf(group, target.url) : noGroup(checked);
  yield* subnetsOf(await findSubnets(clients, target), checked, group);
}

function* noGroup({ target }: Checked): Generator<Finding> {
  const about = findingsOf("security group");
  const { securityGroup, launchTemplate } = target.ec2;
  if (securityGroup === "" && launchTemplate !== undefined) {
    yield about.skipped("DEFERRED_EC2_SECURITY_GROUP does not say which it is");
    return;
  }
  yield about.failed(
    securityGroup ? `there is no ${securityGroup} in ${target.region}` : "none is named",
    "run deferred aws setup, and give the server what it prints",
  );
}

function* rulesOf(group: FoundGroup, url: string): Generator<Finding> {
  const about = findingsOf("security group");
  const inbound = group.inbound.map(ruleWords).join("; ");
  if (inbound !== "") {
    yield about.warning(
      `${group.id} lets in ${inbound}`,
      "remove its inbound rules: nothing has to reach a machine",
    );
  }
  const port = Number(new URL(url).port || 443);
  const closed = [...new Set([443, 80, port])].filter((one) => !letsOut(group, one));
  if (closed.length > 0) {
    yield about.failed(
      `${group.id} lets nothing out to port ${closed.join(" and ")}`,
      "add the outbound rule: machines call the server and fetch packages",
    );
    return;
  }
  if (inbound === "") yield about.ok(`${group.id}: nothing in, https and http out`);
  yield letsOut(group, 22)
    ? findingsOf("git over ssh").ok(`${group.id} lets it out`)
    : findingsOf("git over ssh").warning(
        `${group.id} lets nothing out to port 22, so repositories at git@… can't be fetched`,
        "where projects have such: deferred aws setup --set GitOverSsh=yes",
      );
}

function* subnetsOf(
  subnets: Subnet[],
  { target }: Checked,
  group: FoundGroup | undefined,
): Generator<Finding> {
  const about = findingsOf("subnets");
  if (subnets.length === 0) {
    yield about.failed(
      `${target.region} has no default subnet`,
      "name subnets in DEFERRED_EC2_SUBNETS, or deferred aws setup --set MakeNetwork=yes",
    );
    return;
  }
  const named = (some: Subnet[]) => some.map(({ SubnetId }) => SubnetId).join(", ");
  const elsewhere = subnets.filter(({ VpcId }) => group !== undefined && VpcId !== group.vpc);
  const only6 = subnets.filter(({ Ipv6Native }) => Ipv6Native === true);
  const shut = subnets.filter(
    ({ MapPublicIpOnLaunch, Ipv6Native }) => MapPublicIpOnLaunch !== true && Ipv6Native !== true,
  );
  const with6 = shut.some(({ AssignIpv6AddressOnCreation }) => AssignIpv6AddressOnCreation);
  if (elsewhere.length > 0) {
    yield about.failed(
      `${named(elsewhere)} lie in another network than ${group?.id}`,
      "name subnets and a security group of one network",
    );
  }
  if (only6.length > 0) {
    yield about.warning(
      `machines in ${named(only6)} have IPv6 alone: GitHub and many others are not reached`,
      "have NAT64 and DNS64 there, or name subnets with IPv4",
    );
  }
  if (shut.length > 0) {
    yield about.warning(
      `machines in ${named(shut)} get no public IPv4 address`,
      with6
        ? "without a NAT gateway they reach what has IPv6 alone, which GitHub has not: have one, or let these subnets give addresses"
        : "they reach the server through a NAT gateway alone: have one, or let these subnets give addresses",
    );
  }
  if (elsewhere.length + only6.length + shut.length === 0) {
    yield about.ok(subnets.map((one) => `${one.SubnetId} in ${one.AvailabilityZone}`).join(", "));
  }
}
