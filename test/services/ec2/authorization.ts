import { isAllowed, type AccessRequest, type Document } from "../iam.ts";
import type { Call } from "./endpoint.ts";
import type { Parameters } from "./parameters.ts";
import type { Store } from "./store.ts";

/** Holds every call to a policy, which may come to be known later: `startEc2`'s option `refused`. */
export function heldTo(policy: () => Document | undefined) {
  return (call: Call, store: Store): AccessRequest | undefined => {
    const document = policy();
    if (document === undefined) return undefined;
    return accessRequests(call, store).find((request) => !isAllowed(document, request));
  };
}

/**
 * What EC2 asks IAM before it does what a call says: a launch is authorized for each resource it touches,
 * with the condition keys that AWS documents for that kind of resource.
 */
function accessRequests(call: Call, store: Store): AccessRequest[] {
  const { action, parameters } = call;
  const context = { "ec2:Region": store.region };
  const ask = (kind: string, id: string, more: AccessRequest["context"] = {}): AccessRequest => ({
    action: `ec2:${action}`,
    resource: arn(store, kind, id),
    context: { ...context, ...more },
  });
  switch (action) {
    case "RunInstances":
      return launch(parameters, store, ask);
    case "StartInstances":
    case "StopInstances":
    case "TerminateInstances":
    case "GetConsoleOutput":
      return [...parameters.list("InstanceId"), parameters.text("InstanceId") ?? []]
        .flat()
        .map((id) => ask("instance", id, tagged("ec2:ResourceTag", store.instances.get(id)?.tags)));
    case "CreateSecurityGroup":
      return [
        ask(
          "security-group",
          "*",
          tagged("aws:RequestTag", requested(parameters, "security-group")),
        ),
        ask("vpc", parameters.text("VpcId") ?? "*"),
        ...creating(parameters, "security-group", ask),
      ];
    case "DeleteSecurityGroup":
    case "AuthorizeSecurityGroupEgress":
    case "AuthorizeSecurityGroupIngress":
    case "RevokeSecurityGroupEgress":
    case "RevokeSecurityGroupIngress": {
      const id = parameters.text("GroupId") ?? "";
      const { tags } = store.securityGroups.get(id) ?? {};
      return [ask("security-group", id, tagged("ec2:ResourceTag", tags))];
    }
    default:
      return [{ action: `ec2:${action}`, resource: "*", context }];
  }
}

type Ask = (kind: string, id: string, more?: AccessRequest["context"]) => AccessRequest;

function launch(parameters: Parameters, store: Store, ask: Ask): AccessRequest[] {
  const isSpot = parameters.text("InstanceMarketOptions.MarketType") === "spot";
  const subnetId =
    parameters.text("SubnetId") ?? store.subnets.find(({ isDefault }) => isDefault)?.id ?? "";
  const subnet = store.subnets.find(({ id }) => id === subnetId);
  const vpc = subnet && arn(store, "vpc", subnet.vpcId);
  const image = store.images.find(({ id }) => id === parameters.text("ImageId"));
  const named = parameters.list("SecurityGroupId");
  const byDefault = [...store.securityGroups.values()].filter(({ name }) => name === "default");
  const groups = named.length > 0 ? named : byDefault.map(({ id }) => id);
  const template = parameters.text("LaunchTemplate.LaunchTemplateId");
  const [mapping] = parameters.structures("BlockDeviceMapping");
  const volume = mapping?.structure("Ebs");
  const requests = [
    ask("instance", "*", {
      ...tagged("aws:RequestTag", requested(parameters, "instance")),
      "ec2:InstanceType": parameters.text("InstanceType"),
      "ec2:MetadataHttpTokens": parameters.text("MetadataOptions.HttpTokens"),
      "ec2:MetadataHttpPutResponseHopLimit":
        parameters.text("MetadataOptions.HttpPutResponseHopLimit") ?? "1",
      "ec2:InstanceProfile":
        parameters.text("IamInstanceProfile.Arn") ?? parameters.text("IamInstanceProfile.Name"),
      "ec2:InstanceMarketType": isSpot ? "spot" : "on-demand",
    }),
    ask("volume", "*", {
      ...tagged("aws:RequestTag", requested(parameters, "volume")),
      "ec2:Encrypted": volume?.text("Encrypted") ?? "false",
      "ec2:VolumeSize": volume?.text("VolumeSize") ?? String(image?.size ?? 0),
      "ec2:VolumeType": volume?.text("VolumeType"),
    }),
    {
      ...ask("image", ""),
      resource: `arn:aws:ec2:${store.region}::image/${image?.id ?? ""}`,
      // Measured by dry runs of others: an image that has an alias is never its owner's number.
      context: { "ec2:Region": store.region, "ec2:Owner": image?.ownerAlias ?? image?.owner },
    },
    ask("subnet", subnetId, { "ec2:Vpc": vpc }),
    ask("network-interface", "*", {
      "ec2:Subnet": arn(store, "subnet", subnetId),
      "ec2:Vpc": vpc,
    }),
    ...groups.map((id) =>
      ask("security-group", id, {
        ...tagged("ec2:ResourceTag", store.securityGroups.get(id)?.tags),
        "ec2:Vpc": vpc,
      }),
    ),
    ...(isSpot ? [ask("spot-instances-request", "*")] : []),
    ...(parameters.has("KeyName") ? [ask("key-pair", parameters.text("KeyName") ?? "")] : []),
    ...(template ? [ask("launch-template", template)] : []),
    ...creating(parameters, "instance", ask),
    ...creating(parameters, "volume", ask),
    ...(parameters.has("IamInstanceProfile")
      ? [{ action: "iam:PassRole", resource: "arn:aws:iam::123456789012:role/any", context: {} }]
      : []),
  ];
  if (template === undefined) return requests;
  const used = { "ec2:LaunchTemplate": arn(store, "launch-template", template) };
  return requests.map((one) => ({ ...one, context: { ...one.context, ...used } }));
}

/** Tags that are made with the thing need the right to make tags. */
function creating(parameters: Parameters, kind: string, ask: Ask): AccessRequest[] {
  const tags = requested(parameters, kind);
  if (tags.size === 0) return [];
  const request = ask(kind, "*", tagged("aws:RequestTag", tags));
  const made = request.action.slice("ec2:".length);
  return [
    {
      ...request,
      action: "ec2:CreateTags",
      context: { ...request.context, "ec2:CreateAction": made, "aws:TagKeys": [...tags.keys()] },
    },
  ];
}

function requested(parameters: Parameters, kind: string): Map<string, string> {
  const specifications = parameters
    .structures("TagSpecification")
    .filter((one) => one.text("ResourceType") === kind);
  return new Map(
    specifications
      .flatMap((one) => one.structures("Tag"))
      .map((tag) => [tag.text("Key") ?? "", tag.text("Value") ?? ""]),
  );
}

function tagged(prefix: string, tags: ReadonlyMap<string, string> | undefined) {
  return Object.fromEntries([...(tags ?? [])].map(([key, value]) => [`${prefix}/${key}`, value]));
}

function arn({ region, accountId }: Store, kind: string, id: string): string {
  return `arn:aws:ec2:${region}:${accountId}:${kind}/${id}`;
}
