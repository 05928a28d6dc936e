import { ruleWords } from "../group-rules.ts";
import { findGroup, findSubnets } from "../network.ts";
import type { Checked } from "./doctor.ts";
import { findingsOf, type Finding } from "./finding.ts";

/** Where machines are, what reaches them, and what they reach. */
export async function* checkNetwork({ clients, target }: Checked): AsyncGenerator<Finding> {
  const about = findingsOf("security group");
  const group = await findGroup(clients, target);
  if (!group) {
    const named = target.ec2.securityGroup;
    yield about.failed(
      named ? `there is no ${named} in ${target.region}` : "none is named, and none was made",
      "run deferred aws setup, then set DEFERRED_EC2_SECURITY_GROUP to what it prints",
    );
  } else {
    const inbound = group.inbound.map(ruleWords).join("; ");
    const out = (port: number) =>
      group.outbound.some(
        ({ protocol, from, to }) =>
          protocol === "-1" || (protocol === "tcp" && from <= port && port <= to),
      );
    if (inbound !== "") {
      yield about.warning(
        `${group.id} lets in ${inbound}`,
        "remove its inbound rules: nothing has to reach a machine",
      );
    }
    const port = Number(new URL(target.url).port || 443);
    const closed = [...new Set([443, 80, port])].filter((one) => !out(one));
    if (closed.length > 0) {
      yield about.failed(
        `${group.id} lets nothing out to port ${closed.join(" and ")}`,
        "add the outbound rule: machines call the server and fetch packages",
      );
    } else if (inbound === "") {
      yield about.ok(`${group.id}: nothing in, https and http out`);
    }
    if (target.ec2.securityGroup === "") {
      yield about.warning(
        `DEFERRED_EC2_SECURITY_GROUP is not set, and the server needs it`,
        `set it to ${group.id}`,
      );
    }
  }

  const places = findingsOf("subnets");
  const subnets = await findSubnets(clients, target);
  if (subnets.length === 0) {
    yield places.failed(
      `${target.region} has no default subnet`,
      "name subnets in DEFERRED_EC2_SUBNETS, or make the default ones: aws ec2 create-default-vpc",
    );
    return;
  }
  const elsewhere = subnets.filter(({ VpcId }) => group !== undefined && VpcId !== group.vpc);
  if (elsewhere.length > 0) {
    yield places.failed(
      `${elsewhere.map(({ SubnetId }) => SubnetId).join(", ")} lie in another network than ${group?.id}`,
      "name subnets and a security group of one network",
    );
  }
  const shut = subnets.filter(({ MapPublicIpOnLaunch }) => MapPublicIpOnLaunch !== true);
  if (shut.length > 0) {
    yield places.warning(
      `machines in ${shut.map(({ SubnetId }) => SubnetId).join(", ")} get no public address`,
      "they reach the server through a NAT gateway alone: have one, or let these subnets give addresses",
    );
  } else if (elsewhere.length === 0) {
    const words = subnets.map((one) => `${one.SubnetId} in ${one.AvailabilityZone}`);
    yield places.ok(words.join(", "));
  }
}
