import { expect, test } from "vitest";
import { userData } from "../../../../server/providers/cloud-init/user-data.ts";
import { specOf } from "../../../contract/compute.ts";
import { launchFileIn } from "../../../services/ec2/bare-responder.ts";
import { templateParameters } from "../../../services/ec2/launch-templates.ts";
import type { Parameters } from "../../../services/ec2/parameters.ts";
import { computeOn, openEc2 } from "../opened.ts";

// What is asserted is what the endpoint received, not what the SDK was given.

const tagsOf = (call: Parameters, kind: string) =>
  Object.fromEntries(
    call
      .structures("TagSpecification")
      .filter((one) => one.text("ResourceType") === kind)
      .flatMap((one) => one.structures("Tag"))
      .map((tag) => [tag.required("Key"), tag.required("Value")]),
  );

test("a launch is tagged, closed to everybody, and goes as it should when it powers off", async () => {
  const ec2 = await openEc2();
  const { compute } = computeOn(ec2);
  await compute.launch(specOf("l1"));
  const { parameters } = ec2.callsOf("RunInstances")[0]!;
  const tags = tagsOf(parameters, "instance");
  expect(tags).toEqual({
    Name: "deferred shared",
    "deferred:fleet": "fleet-1",
    "deferred:pool": "shared",
    "deferred:project": "local/demo",
    "deferred:owner": "https://runner.example",
    "deferred:launch": "l1",
    "deferred:settings": expect.stringMatching(/^[\w-]{22}$/) as string,
  });
  expect(tagsOf(parameters, "volume")).toEqual(tags);
  const said = (name: string) => parameters.text(name);
  expect(said("ClientToken")).toBe("l1-1");
  expect(said("MetadataOptions.HttpTokens")).toBe("required");
  expect(said("MetadataOptions.HttpPutResponseHopLimit")).toBe("1");
  expect(said("InstanceInitiatedShutdownBehavior")).toBe("stop");
  expect(said("SecurityGroupId.1")).toBe("sg-0aaaaaaaaaaaaaaaa");
  expect(parameters.has("KeyName")).toBe(false);
  expect(parameters.has("IamInstanceProfile")).toBe(false);
  expect(parameters.has("InstanceMarketOptions")).toBe(false);
  expect([...ec2.store.volumes.values()]).toMatchObject([
    { device: "/dev/xvda", size: 20, type: "gp3", encrypted: true, deleteOnTermination: true },
  ]);
  expect(said("MetadataOptions.HttpProtocolIpv6")).toBeUndefined();
});

test("a launch template says group, metadata and power-off, and a launch the rest", async () => {
  const ec2 = await openEc2();
  const [subnet] = ec2.store.subnets;
  ec2.store.subnets.push({ ...subnet!, id: "subnet-0dddddddddddddddd", ipv6: "too" });
  const said = {
    SecurityGroupIds: ["sg-0aaaaaaaaaaaaaaaa"],
    InstanceInitiatedShutdownBehavior: "terminate",
    MetadataOptions: { HttpTokens: "required", HttpPutResponseHopLimit: 1 },
  };
  const launchTemplate = { id: "lt-0aaaaaaaaaaaaaaaa", version: "1" };
  ec2.store.launchTemplates.set(launchTemplate.id, [templateParameters(said)]);
  const machine = async (launchId: string, changes = {}) => {
    const options = { launchTemplate, securityGroup: "", ...changes };
    const { providerId } = await computeOn(ec2, options).compute.launch(specOf(launchId));
    return ec2.store.instances.get(providerId)!;
  };
  expect(await machine("l1")).toMatchObject({
    groups: ["sg-0aaaaaaaaaaaaaaaa"],
    shutdownBehavior: "terminate",
    metadata: { tokens: "required", hopLimit: 1, ipv6: "disabled" },
  });
  const ipv6 = await machine("l2", { subnets: ["subnet-0dddddddddddddddd"] });
  expect(ipv6.metadata).toMatchObject({ tokens: "required", hopLimit: 1, ipv6: "enabled" });
  await expect(
    machine("l3", { launchTemplate: { ...launchTemplate, version: "2" } }),
  ).rejects.toThrow("InvalidLaunchTemplateId.VersionNotFound");
});

test.each([
  [30, 8, 30],
  [20, 100, 100],
])("a disk of %i GB on an image of %i GB has %i GB", async (diskGb, size, has) => {
  const ec2 = await openEc2();
  for (const [index, image] of ec2.store.images.entries())
    ec2.store.images[index] = { ...image, size };
  await computeOn(ec2, { diskGb }).compute.launch(specOf("l1"));
  await computeOn(ec2, { diskGb, image: "ubuntu-24.04" }).compute.launch(specOf("l2"));
  const disks = [...ec2.store.volumes.values()].map((volume) => [volume.device, volume.size]);
  expect(disks).toEqual([
    ["/dev/xvda", has],
    ["/dev/sda1", has],
  ]);
});

test.each([
  ["on-demand", "t3.small", "unlimited"],
  ["on-demand", "c7i.large", undefined],
  ["spot", "t3.small", "standard"],
  ["spot", "t4g.small", "standard"],
  ["spot", "c7i.large", undefined],
] as const)("%s %s runs on credits that are %s", async (market, type, credits) => {
  const ec2 = await openEc2();
  const { compute } = computeOn(ec2, { market, lifecycle: "ephemeral", types: [type] });
  await compute.launch(specOf("l1"));
  expect([...ec2.store.instances.values()]).toMatchObject([{ type, cpuCredits: credits }]);
});

test("a machine finds its user data also where it has an IPv6 address alone", async () => {
  const ec2 = await openEc2();
  const [plain, both, only] = ec2.store.subnets;
  ec2.store.subnets.splice(1, 2, { ...both!, ipv6: "too" }, { ...only!, ipv6: "only" });
  const protocols = [];
  for (const { id } of [plain!, both!, only!]) {
    const { providerId } = await computeOn(ec2, { subnets: [id] }).compute.launch(specOf(id));
    protocols.push(ec2.store.instances.get(providerId)!.metadata.ipv6);
  }
  expect(protocols).toEqual(["disabled", "enabled", "enabled"]);
});

test.each([
  ["spot", "spot", "ephemeral"],
  ["ephemeral", "on-demand", "ephemeral"],
] as const)("a machine that is %s ends when it powers off", async (_, market, lifecycle) => {
  const ec2 = await openEc2();
  await computeOn(ec2, { market, lifecycle }).compute.launch(specOf("l1"));
  const { parameters } = ec2.callsOf("RunInstances")[0]!;
  expect(parameters.text("InstanceInitiatedShutdownBehavior")).toBe("terminate");
  const options = parameters.structure("InstanceMarketOptions");
  expect(options.text("MarketType")).toBe(market === "spot" ? "spot" : undefined);
  expect(options.text("SpotOptions.SpotInstanceType")).toBe(
    market === "spot" ? "one-time" : undefined,
  );
});

test("the user data that a machine is set up by carries the launch file", async () => {
  const ec2 = await openEc2();
  const { compute } = computeOn(ec2, {
    userData: (launchFile) => userData({ launchFile, runtimes: ["bash"] }),
  });
  const spec = specOf("l1");
  await compute.launch(spec);
  const [instance] = ec2.store.instances.values();
  expect(launchFileIn(Buffer.from(instance!.userData, "base64"))).toEqual(spec.launchFile);
});

test.each<[string, string[], string]>([
  ["debian-13", ["t3.small"], "ami-0deb13a0000000002"],
  ["debian-12", ["t3.small"], "ami-0deb12a0000000001"],
  ["debian-13", ["t4g.small"], "ami-0deb13b0000000001"],
  ["ubuntu-24.04", ["t3.small"], "ami-0cafe24a000000001"],
  ["ubuntu-22.04", ["t3.small"], "ami-0cafe22a000000001"],
  ["ami-0deb13a0000000001", ["t3.small"], "ami-0deb13a0000000001"],
  ["self:deferred-*", ["t3.small"], "ami-0e1f0000000000002"],
])("the image %s for %s is its maker's newest: %s", async (image, types, id) => {
  const ec2 = await openEc2();
  const [model] = ec2.store.images;
  for (const [number, createdAt] of [
    ["1", "2026-11-01T00:00:00.000Z"],
    ["2", "2026-11-02T00:00:00.000Z"],
  ] as const) {
    const name = `deferred-${number}`;
    const own = {
      id: `ami-0e1f000000000000${number}`,
      name,
      owner: ec2.store.accountId,
      createdAt,
    };
    ec2.store.images.push({ ...model!, ...own });
  }
  await computeOn(ec2, { image, types }).compute.launch(specOf("l1"));
  expect([...ec2.store.instances.values()].map(({ imageId }) => imageId)).toEqual([id]);
});
