import { tagSet } from "./action.ts";
import type { Instance, StateName, Store } from "./store.ts";
import type { Xml } from "./xml.ts";

export const STATE_CODES: Record<StateName, number> = {
  pending: 0,
  running: 16,
  "shutting-down": 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
};

export function stateXml(name: StateName): Xml {
  return { code: STATE_CODES[name], name };
}

/** An instance as it is described; one that is terminated has lost where it was. */
export function instanceXml(instance: Instance, store: Store, index: number): Xml {
  const isThere = instance.state !== "terminated";
  const volumes = instance.volumes.flatMap((id) => store.volumes.get(id) ?? []);
  const vpcId = store.subnets.find(({ id }) => id === instance.subnetId)?.vpcId;
  const groups = instance.groups.map((groupId) => ({
    groupId,
    groupName: store.securityGroups.get(groupId)?.name,
  }));
  return {
    instanceId: instance.id,
    imageId: instance.imageId,
    instanceState: stateXml(instance.state),
    privateDnsName: isThere ? `ip-${instance.privateIp.replaceAll(".", "-")}.ec2.internal` : "",
    dnsName: "",
    reason: instance.transitionReason,
    keyName: instance.keyName,
    amiLaunchIndex: index,
    productCodes: [],
    instanceType: instance.type,
    launchTime: new Date(instance.launchedAt),
    placement: { availabilityZone: instance.zone, groupName: "", tenancy: "default" },
    monitoring: { state: "disabled" },
    subnetId: isThere ? instance.subnetId : undefined,
    vpcId: isThere ? vpcId : undefined,
    privateIpAddress: isThere ? instance.privateIp : undefined,
    sourceDestCheck: isThere ? true : undefined,
    groupSet: isThere ? groups : [],
    stateReason: instance.stateReason ? { ...instance.stateReason } : undefined,
    architecture: instance.architecture,
    rootDeviceType: "ebs",
    rootDeviceName: volumes[0]?.device,
    blockDeviceMapping: volumes.map((volume) => ({
      deviceName: volume.device,
      ebs: {
        volumeId: volume.id,
        status: "attached",
        attachTime: new Date(volume.createdAt),
        deleteOnTermination: volume.deleteOnTermination,
      },
    })),
    virtualizationType: "hvm",
    instanceLifecycle: instance.isSpot ? "spot" : undefined,
    spotInstanceRequestId: instance.spotRequestId,
    clientToken: instance.clientToken,
    tagSet: tagSet(instance.tags),
    hypervisor: "xen",
    networkInterfaceSet: [],
    iamInstanceProfile: instance.profile ? { arn: instance.profile } : undefined,
    ebsOptimized: false,
    enaSupport: true,
    metadataOptions: {
      state: "applied",
      httpTokens: instance.metadata.tokens,
      httpPutResponseHopLimit: instance.metadata.hopLimit,
      httpEndpoint: instance.metadata.endpoint,
      httpProtocolIpv6: instance.metadata.ipv6,
      instanceMetadataTags: "disabled",
    },
  };
}
