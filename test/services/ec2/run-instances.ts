import { endDryRun, tagsFor, type Action, type ActionContext } from "./action.ts";
import { Ec2Error, missing } from "./error.ts";
import { instanceXml } from "./instance-xml.ts";
import type { Parameters } from "./parameters.ts";
import {
  isBurstable,
  newResourceId,
  type Image,
  type Instance,
  type InstanceType,
  type Store,
  type Subnet,
  type Volume,
} from "./store.ts";
import type { Xml } from "./xml.ts";

const MAX_USER_DATA_BYTES = 16_384;
const MAX_INSTANCES = 20;
/** What an account on the free plan may launch. */
const FREE_TYPES = ["t3.micro", "t3.small", "t4g.micro", "t4g.small", "c7i-flex.large"];

/** What was asked for, checked. */
interface Order {
  image: Image;
  type: InstanceType;
  subnet: Subnet;
  groups: string[];
  /** Gigabytes of its root volume. */
  volumeSize: number;
  cpuCredits: string | undefined;
  userData: string;
  count: number;
  isSpot: boolean;
  isStopping: boolean;
  clientToken: string;
}

export const runInstances: Action = (context) => {
  const { parameters, store, lifecycle } = context;
  const order = readOrder(parameters, store);
  endDryRun(context);

  // A token counts within a zone where the request names one, and else within the region.
  const place = parameters.has("SubnetId") || parameters.has("Placement.AvailabilityZone");
  const key = `${order.clientToken}@${place ? order.subnet.zone : store.region}`;
  const statement = parameters.statement("DryRun");
  const before = order.clientToken === "" ? undefined : store.launches.get(key);
  if (before) return again(store, before, statement);

  const reservationId = newResourceId("r");
  if (order.clientToken !== "") store.launches.set(key, { statement, reservationId });
  const instances = Array.from({ length: order.count }, () =>
    create(context, order, reservationId),
  );
  for (const instance of instances) lifecycle.begin(instance);
  return reservation(store, reservationId, instances);
};

function again(
  store: Store,
  before: { statement: string; reservationId: string },
  statement: string,
): Record<string, Xml> {
  if (before.statement !== statement) {
    throw new Ec2Error(
      "IdempotentParameterMismatch",
      "The request uses the same client token as a previous, but non-identical request. Do not reuse a client token with different requests, unless the requests are identical.",
    );
  }
  const instances = [...store.instances.values()].filter(
    (instance) => instance.reservationId === before.reservationId,
  );
  if (instances.every(({ state }) => state === "terminated" || state === "shutting-down")) {
    throw new Ec2Error(
      "IdempotentInstanceTerminated",
      "The request to launch an instance uses the same client token as a previous request for which the instance has been terminated.",
    );
  }
  return reservation(store, before.reservationId, instances);
}

function reservation(
  store: Store,
  reservationId: string,
  instances: Instance[],
): Record<string, Xml> {
  return {
    reservationId,
    ownerId: store.accountId,
    groupSet: [],
    instancesSet: instances.map((instance, index) => instanceXml(instance, store, index)),
  };
}

function readOrder(parameters: Parameters, store: Store): Order {
  const least = parameters.whole("MinCount");
  const most = parameters.whole("MaxCount");
  if (least === undefined) throw missing("MinCount");
  if (most === undefined) throw missing("MaxCount");
  if (least < 1 || most < least || most > MAX_INSTANCES) {
    throw new Ec2Error(
      "InvalidParameterValue",
      `Value (${most}) for parameter MaxCount is invalid.`,
    );
  }
  const image = imageOf(parameters.required("ImageId"), store);
  const type = typeOf(parameters.text("InstanceType") ?? "m1.small", image, store);
  const market = parameters.text("InstanceMarketOptions.MarketType");
  const spotType = parameters.text("InstanceMarketOptions.SpotOptions.SpotInstanceType");
  if (market !== undefined && market !== "spot") {
    throw new Ec2Error(
      "InvalidParameterValue",
      `Value (${market}) for parameter MarketType is invalid.`,
    );
  }
  if (market === "spot" && spotType === "persistent") {
    throw new Ec2Error("UnsupportedOperation", "Persistent Spot requests are not emulated here.");
  }
  const behavior = parameters.text("InstanceInitiatedShutdownBehavior") ?? "stop";
  if (behavior !== "stop" && behavior !== "terminate") {
    throw new Ec2Error(
      "InvalidParameterValue",
      `Value (${behavior}) for parameter InstanceInitiatedShutdownBehavior is invalid.`,
    );
  }
  const clientToken = parameters.text("ClientToken") ?? "";
  if (!/^[\x21-\x7e]{0,64}$/.test(clientToken)) {
    throw new Ec2Error(
      "InvalidParameterValue",
      "The client token has to be up to 64 ASCII characters.",
    );
  }
  return {
    image,
    type,
    subnet: subnetOf(parameters, store),
    groups: groupsOf(parameters, store),
    volumeSize: volumeSizeOf(image, parameters),
    cpuCredits: creditsOf(type.name, parameters),
    userData: userDataOf(parameters),
    count: most,
    isSpot: market === "spot",
    isStopping: behavior === "stop",
    clientToken,
  };
}

function imageOf(id: string, store: Store): Image {
  if (!/^ami-[0-9a-f]{8,17}$/.test(id)) {
    throw new Ec2Error("InvalidAMIID.Malformed", `Invalid id: "${id}" (expecting "ami-...")`);
  }
  const image = store.images.find((one) => one.id === id);
  if (!image) throw new Ec2Error("InvalidAMIID.NotFound", `The image id '[${id}]' does not exist`);
  if (image.state !== "available") {
    throw new Ec2Error("InvalidAMIID.Unavailable", `The image ID '${id}' is not available`);
  }
  return image;
}

function typeOf(name: string, image: Image, store: Store): InstanceType {
  const type = store.types.find((one) => one.name === name);
  if (!type) {
    throw new Ec2Error("InvalidParameterValue", `Invalid value '${name}' for InstanceType.`);
  }
  if (store.isFreePlan && !FREE_TYPES.includes(name)) {
    throw new Ec2Error(
      "InvalidParameterCombination",
      "The specified instance type is not eligible for Free Tier. For a list of Free Tier instance types, run 'describe-instance-types' with the filter 'free-tier-eligible=true'.",
    );
  }
  if (!type.architectures.includes(image.architecture)) {
    throw new Ec2Error(
      "InvalidParameterValue",
      `The architecture '${type.architectures.join(",")}' of the specified instance type does not match the architecture '${image.architecture}' of the specified AMI. Specify an instance type and an AMI that have matching architectures, and try again.`,
    );
  }
  return type;
}

function subnetOf(parameters: Parameters, store: Store): Subnet {
  const id = parameters.text("SubnetId");
  const zone = parameters.text("Placement.AvailabilityZone");
  if (id === undefined) {
    const subnet = store.subnets.find(
      (one) => one.isDefault && (zone === undefined || one.zone === zone),
    );
    if (subnet) return subnet;
    throw zone === undefined
      ? new Ec2Error("VPCIdNotSpecified", "No default VPC for this user.")
      : new Ec2Error("InvalidParameterValue", `Invalid availability zone: [${zone}]`);
  }
  const subnet = store.subnets.find((one) => one.id === id);
  if (subnet) return subnet;
  throw new Ec2Error("InvalidSubnetID.NotFound", `The subnet ID '${id}' does not exist`);
}

function groupsOf(parameters: Parameters, store: Store): string[] {
  const ids = parameters.list("SecurityGroupId");
  for (const id of ids) {
    if (!/^sg-[0-9a-f]{8,17}$/.test(id)) {
      throw new Ec2Error("InvalidGroupId.Malformed", `Invalid id: "${id}" (expecting "sg-...")`);
    }
    if (!store.securityGroups.has(id)) {
      throw new Ec2Error("InvalidGroup.NotFound", `The security group '${id}' does not exist`);
    }
  }
  if (ids.length > 0) return ids;
  const byDefault = [...store.securityGroups.values()].find(({ name }) => name === "default");
  return byDefault ? [byDefault.id] : [];
}

function userDataOf(parameters: Parameters): string {
  const text = parameters.text("UserData") ?? "";
  if (!/^[A-Za-z0-9+/\r\n]*={0,2}[\r\n]*$/.test(text)) {
    throw new Ec2Error("InvalidUserData.Malformed", "Invalid BASE64 encoding of user data.");
  }
  if (Buffer.from(text, "base64").length > MAX_USER_DATA_BYTES) {
    throw new Ec2Error(
      "InvalidParameterValue",
      `User data is limited to ${MAX_USER_DATA_BYTES} bytes`,
    );
  }
  return text;
}

/** Throws where the root volume is asked for with less than what its image holds. */
function volumeSizeOf(image: Image, parameters: Parameters): number {
  const root = parameters
    .structures("BlockDeviceMapping")
    .find((one) => one.text("DeviceName") === image.rootDevice);
  const size = root?.structure("Ebs").whole("VolumeSize") ?? image.size;
  if (size >= image.size) return size;
  throw new Ec2Error(
    "InvalidBlockDeviceMapping",
    `Volume of size ${size}GB is smaller than snapshot 'snap-${image.id.slice(4)}', expect size>= ${image.size}GB`,
  );
}

function creditsOf(type: string, parameters: Parameters): string | undefined {
  const asked = parameters.text("CreditSpecification.CpuCredits");
  if (isBurstable(type)) return asked ?? (type.startsWith("t2.") ? "standard" : "unlimited");
  if (asked === undefined) return undefined;
  throw new Ec2Error(
    "InvalidParameterCombination",
    `The credit specification is not supported by the instance type ${type}.`,
  );
}

function create(context: ActionContext, order: Order, reservationId: string): Instance {
  const { parameters, store, lifecycle, now } = context;
  const id = newResourceId("i");
  const volumes = volumesOf(order, parameters, id, now());
  for (const volume of volumes) store.volumes.set(volume.id, volume);
  const options = parameters.structure("MetadataOptions");
  const instance: Instance = {
    id,
    reservationId,
    imageId: order.image.id,
    type: order.type.name,
    architecture: order.image.architecture,
    subnetId: order.subnet.id,
    zone: order.subnet.zone,
    groups: order.groups,
    clientToken: order.clientToken,
    isSpot: order.isSpot,
    spotRequestId: order.isSpot ? `sir-${newResourceId("x").slice(3, 11)}` : undefined,
    keyName: parameters.text("KeyName"),
    profile:
      parameters.text("IamInstanceProfile.Arn") ?? parameters.text("IamInstanceProfile.Name"),
    shutdownBehavior: order.isStopping ? "stop" : "terminate",
    metadata: {
      tokens: options.text("HttpTokens") ?? "optional",
      hopLimit: options.whole("HttpPutResponseHopLimit") ?? 1,
      endpoint: options.text("HttpEndpoint") ?? "enabled",
      ipv6: options.text("HttpProtocolIpv6") ?? "disabled",
    },
    cpuCredits: order.cpuCredits,
    userData: order.userData,
    tags: tagsFor("instance", parameters),
    launchedAt: now(),
    knownAt: lifecycle.knownFrom(),
    state: "pending",
    stateReason: undefined,
    transitionReason: "",
    privateIp: `172.31.${store.instances.size >> 8}.${store.instances.size & 255}`,
    volumes: volumes.map((volume) => volume.id),
    terminatedAt: undefined,
  };
  store.instances.set(id, instance);
  return instance;
}

/** The root volume of the image, as the mappings change it, and the volumes they add. */
function volumesOf(
  { image, subnet, volumeSize }: Order,
  parameters: Parameters,
  instanceId: string,
  createdAt: number,
): Volume[] {
  const mappings = parameters.structures("BlockDeviceMapping");
  const devices = new Set([image.rootDevice, ...mappings.map((one) => one.required("DeviceName"))]);
  return [...devices].map((device) => {
    const given = mappings.find((one) => one.text("DeviceName") === device)?.structure("Ebs");
    return {
      id: newResourceId("vol"),
      instanceId,
      device,
      size: device === image.rootDevice ? volumeSize : (given?.whole("VolumeSize") ?? 8),
      type: given?.text("VolumeType") ?? "gp2",
      encrypted: given?.flag("Encrypted") ?? false,
      deleteOnTermination: given?.has("DeleteOnTermination")
        ? given.flag("DeleteOnTermination")
        : device === image.rootDevice,
      zone: subnet.zone,
      createdAt,
      tags: tagsFor("volume", parameters),
    };
  });
}
