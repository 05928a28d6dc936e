import { tagSet, type Action } from "./action.ts";
import { Ec2Error } from "./error.ts";
import { filtered, page } from "./filters.ts";
import { advanceImages } from "./images.ts";
import { isBurstable } from "./store.ts";
import type { Xml } from "./xml.ts";

/** The things asked for by id; all of them where none is named. */
function byId<Thing>(
  things: readonly Thing[],
  ids: string[],
  idOf: (thing: Thing) => string,
  notFound: (id: string) => Ec2Error,
): Thing[] {
  if (ids.length === 0) return [...things];
  return ids.map((id) => {
    const thing = things.find((one) => idOf(one) === id);
    if (!thing) throw notFound(id);
    return thing;
  });
}

/** What there is to launch instances from and with. */
export const catalogueActions: Record<string, Action> = {
  DescribeInstanceTypes({ parameters, store }) {
    const types = byId(
      store.types,
      parameters.list("InstanceType"),
      ({ name }) => name,
      (name) =>
        new Ec2Error(
          "InvalidInstanceType",
          `The following supplied instance types do not exist: [${name}]`,
        ),
    );
    const found = filtered(types, parameters, (type) => ({
      "instance-type": type.name,
      "processor-info.supported-architecture": type.architectures,
    }));
    const { items, nextToken } = page(found, parameters, { most: 100 });
    return {
      instanceTypeSet: items.map((type) => ({
        instanceType: type.name,
        currentGeneration: true,
        supportedUsageClasses: ["on-demand", "spot"],
        supportedRootDeviceTypes: ["ebs"],
        supportedVirtualizationTypes: ["hvm"],
        bareMetal: false,
        hypervisor: "nitro",
        burstablePerformanceSupported: isBurstable(type.name),
        processorInfo: { supportedArchitectures: type.architectures },
        vCpuInfo: { defaultVCpus: type.vcpus },
        memoryInfo: { sizeInMiB: type.memoryMb },
      })),
      nextToken,
    };
  },

  DescribeImages({ parameters, store }) {
    const ids = parameters.list("ImageId");
    const listed = store.images.filter(
      ({ state }) => state !== "deregistered" && state !== "unlisted",
    );
    advanceImages(store, ids);
    const images = byId(
      listed,
      ids,
      ({ id }) => id,
      (id) => new Ec2Error("InvalidAMIID.NotFound", `The image id '[${id}]' does not exist`),
    );
    const owners = parameters
      .list("Owner")
      .map((owner) => (owner === "self" ? store.accountId : owner));
    const owned = images.filter(({ owner }) => owners.length === 0 || owners.includes(owner));
    const found = filtered(owned, parameters, (image) => ({
      name: image.name,
      architecture: image.architecture,
      state: image.state,
      "owner-id": image.owner,
      "image-id": image.id,
      "root-device-type": "ebs",
      "virtualization-type": "hvm",
    }));
    const { items, nextToken } = page(found, parameters, { least: 1 });
    return {
      imagesSet: items.map((image): Xml => ({
        imageId: image.id,
        imageLocation: `${image.owner}/${image.name}`,
        imageState: image.state,
        imageOwnerId: image.owner,
        imageOwnerAlias: image.ownerAlias,
        creationDate: image.createdAt,
        isPublic: image.owner !== store.accountId,
        architecture: image.architecture,
        imageType: "machine",
        name: image.name,
        rootDeviceType: "ebs",
        rootDeviceName: image.rootDevice,
        blockDeviceMapping: [
          {
            deviceName: image.rootDevice,
            ebs: {
              volumeSize: image.size,
              deleteOnTermination: true,
              volumeType: "gp3",
              encrypted: false,
            },
          },
        ],
        virtualizationType: "hvm",
        tagSet: tagSet(image.tags),
        hypervisor: "xen",
      })),
      nextToken,
    };
  },

  GetEbsDefaultKmsKeyId({ store }) {
    return { kmsKeyId: store.defaultKey };
  },

  DescribeSubnets({ parameters, store }) {
    const subnets = byId(
      store.subnets,
      parameters.list("SubnetId"),
      ({ id }) => id,
      (id) => new Ec2Error("InvalidSubnetID.NotFound", `The subnet ID '${id}' does not exist`),
    );
    const found = filtered(subnets, parameters, (subnet) => ({
      "subnet-id": subnet.id,
      "vpc-id": subnet.vpcId,
      "availability-zone": subnet.zone,
      "default-for-az": String(subnet.isDefault),
      state: "available",
    }));
    const { items, nextToken } = page(found, parameters);
    return {
      subnetSet: items.map((subnet, index) => ({
        subnetId: subnet.id,
        subnetArn: `arn:aws:ec2:${store.region}:${store.accountId}:subnet/${subnet.id}`,
        state: "available",
        ownerId: store.accountId,
        vpcId: subnet.vpcId,
        cidrBlock: `172.31.${16 * index}.0/20`,
        availableIpAddressCount: 4091,
        availabilityZone: subnet.zone,
        defaultForAz: subnet.isDefault,
        mapPublicIpOnLaunch: subnet.isDefault,
        ipv6Native: subnet.ipv6 === "only",
        ipv6CidrBlockAssociationSet: subnet.ipv6
          ? [
              {
                ipv6CidrBlock: `2001:db8:0:${index}::/64`,
                ipv6CidrBlockState: { state: "associated" },
              },
            ]
          : [],
        tagSet: tagSet(subnet.tags),
      })),
      nextToken,
    };
  },

  DescribeVolumes({ parameters, store }) {
    const volumes = byId(
      [...store.volumes.values()],
      parameters.list("VolumeId"),
      ({ id }) => id,
      (id) => new Ec2Error("InvalidVolume.NotFound", `The volume '${id}' does not exist.`),
    );
    const found = filtered(volumes, parameters, (volume) => ({
      "volume-id": volume.id,
      "attachment.instance-id": volume.instanceId,
      "availability-zone": volume.zone,
      "volume-type": volume.type,
      encrypted: String(volume.encrypted),
      status: "in-use",
    }));
    const { items, nextToken } = page(found, parameters);
    return {
      volumeSet: items.map((volume) => ({
        volumeId: volume.id,
        size: volume.size,
        snapshotId: "",
        availabilityZone: volume.zone,
        status: "in-use",
        createTime: new Date(volume.createdAt),
        attachmentSet: [
          {
            volumeId: volume.id,
            instanceId: volume.instanceId,
            device: volume.device,
            status: "attached",
            attachTime: new Date(volume.createdAt),
            deleteOnTermination: volume.deleteOnTermination,
          },
        ],
        tagSet: tagSet(volume.tags),
        volumeType: volume.type,
        encrypted: volume.encrypted,
      })),
      nextToken,
    };
  },
};
