import { templateParameters } from "../ec2/launch-templates.ts";
import { newResourceId, type SecurityRule, type Store } from "../ec2/store.ts";
import type { Made, Place } from "./resolve.ts";
import type { Resource } from "./template.ts";

type Make = (logicalId: string, resource: Resource, before: Made | undefined) => Made;

/** Makes a stack's resources: what EC2 has to know of comes into its store, of the others a name is enough. */
export function makerIn(store: Store, place: Place): Make {
  const arn = (service: string, region: string, rest: string) =>
    `arn:aws:${service}:${region}:${place.accountId}:${rest}`;
  const suffix = newResourceId("x").slice(2, 14);

  const makers: Record<string, Make> = {
    "AWS::EC2::SecurityGroup": (logicalId, { Properties = {} }, before) => {
      const id = before?.id ?? newResourceId("sg");
      const byDefault = store.subnets.find(({ isDefault }) => isDefault)?.vpcId ?? "";
      const vpcId = textOf(Properties["VpcId"]) ?? byDefault;
      const outbound = ((Properties["SecurityGroupEgress"] ?? []) as Egress[]).map(ruleOf);
      store.securityGroups.set(id, {
        id,
        name: `${place.stackName}-${logicalId}`,
        description: textOf(Properties["GroupDescription"]) ?? "",
        vpcId,
        tags: tagsOf(Properties["Tags"]),
        rules: { inbound: [], outbound },
      });
      return { id, attributes: { GroupId: id, VpcId: vpcId } };
    },
    "AWS::EC2::LaunchTemplate": (_, { Properties = {} }, before) => {
      const id = before?.id ?? newResourceId("lt");
      const versions = store.launchTemplates.get(id) ?? [];
      versions.push(templateParameters(Properties["LaunchTemplateData"]));
      store.launchTemplates.set(id, versions);
      return { id, attributes: { LatestVersionNumber: String(versions.length) } };
    },
    "AWS::EC2::VPC": (_, __, before) => ({
      id: before?.id ?? newResourceId("vpc"),
      attributes: {},
    }),
    "AWS::EC2::Subnet": (_, { Properties = {} }, before) => {
      const id = before?.id ?? newResourceId("subnet");
      const vpcId = textOf(Properties["VpcId"]) ?? "";
      const zone = textOf(Properties["AvailabilityZone"]) ?? "";
      if (!before) store.subnets.push({ id, vpcId, zone, isDefault: false, tags: new Map() });
      return { id, attributes: {} };
    },
    "AWS::S3::Bucket": (logicalId, { Properties = {} }) => {
      const name = `${place.stackName}-${logicalId}-${suffix}`.toLowerCase();
      const id = textOf(Properties["BucketName"]) ?? name;
      const domain = `${id}.s3.${place.region}.amazonaws.com`;
      return { id, attributes: { Arn: `arn:aws:s3:::${id}`, RegionalDomainName: domain } };
    },
    "AWS::CloudFront::Distribution": () => ({
      id: "E1DEFERREDTEST",
      attributes: { DomainName: `d${suffix}.cloudfront.net` },
    }),
    "AWS::IAM::ManagedPolicy": (logicalId) => ({
      id: arn("iam", "", `policy/${place.stackName}-${logicalId}-${suffix}`),
      attributes: {},
    }),
    "AWS::IAM::Role": (logicalId) => {
      const id = `${place.stackName}-${logicalId}-${suffix}`;
      return { id, attributes: { Arn: arn("iam", "", `role/${id}`) } };
    },
    "AWS::Lambda::Function": (logicalId) => {
      const id = `${place.stackName}-${logicalId}-${suffix}`;
      return { id, attributes: { Arn: arn("lambda", place.region, `function:${id}`) } };
    },
    "AWS::Logs::LogGroup": (logicalId) => {
      const id = `${place.stackName}-${logicalId}-${suffix}`;
      return { id, attributes: { Arn: arn("logs", place.region, `log-group:${id}:*`) } };
    },
    "AWS::CloudFront::OriginAccessControl": () => ({
      id: "E2DEFERREDTEST",
      attributes: { Id: "E2DEFERREDTEST" },
    }),
  };

  return (logicalId, resource, before) =>
    makers[resource.Type]?.(logicalId, resource, before) ?? {
      id: `${place.stackName}-${logicalId}-${suffix}`,
      attributes: {},
    };
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

interface Egress {
  IpProtocol: string;
  FromPort: number | string;
  ToPort: number | string;
  CidrIp?: string;
  CidrIpv6?: string;
}

function ruleOf({ IpProtocol, FromPort, ToPort, CidrIp, CidrIpv6 }: Egress): SecurityRule {
  return {
    protocol: IpProtocol,
    from: Number(FromPort),
    to: Number(ToPort),
    kind: CidrIp === undefined ? "ipv6" : "ipv4",
    peer: CidrIp ?? CidrIpv6 ?? "",
  };
}

function tagsOf(tags: unknown): Map<string, string> {
  const list = (tags ?? []) as { Key: string; Value: string }[];
  return new Map(list.map(({ Key, Value }) => [Key, Value]));
}
/** Takes away again what EC2 knows of; the reason where that can't be. */
export function removeFrom(store: Store, type: string, id: string): string | undefined {
  if (type === "AWS::EC2::SecurityGroup") {
    const isUsed = [...store.instances.values()].some(
      ({ groups, state }) => groups.includes(id) && state !== "terminated",
    );
    if (isUsed) return `resource ${id} has a dependent object (Service: Ec2, Status Code: 400)`;
    store.securityGroups.delete(id);
  }
  if (type === "AWS::EC2::LaunchTemplate") store.launchTemplates.delete(id);
  return undefined;
}
