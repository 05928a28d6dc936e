import { expect, test } from "vitest";
import { userData } from "../../../../server/providers/cloud-init/user-data.ts";
import type { Offer } from "../../../../server/providers/compute.ts";
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

test("a launch whose answer was lost is repeated byte for byte, and is one machine", async () => {
  const ec2 = await openEc2();
  ec2.faults.next("RunInstances", "cut_after");
  ec2.faults.next("RunInstances", "InternalError");
  ec2.faults.next("RunInstances", "cut_before");
  const { compute } = computeOn(ec2);
  const { providerId } = await compute.launch(specOf("l1"));
  const requests = ec2.callsOf("RunInstances");
  expect(requests.map(({ outcome }) => outcome)).toEqual([
    "cut_after",
    "InternalError",
    "cut_before",
    "answered",
  ]);
  expect(new Set(requests.map(({ parameters }) => parameters.statement())).size).toBe(1);
  expect([...ec2.store.instances.keys()]).toEqual([providerId]);
});

test("each offer is on record before it is asked for, and has a token of its own", async () => {
  const ec2 = await openEc2();
  const { compute, logged } = computeOn(ec2, {
    market: "spot",
    lifecycle: "ephemeral",
    types: ["t3.small"],
    subnets: ec2.store.subnets.slice(0, 2).map(({ id }) => id),
  });
  ec2.faults.next("RunInstances", "InsufficientInstanceCapacity");
  ec2.faults.next("RunInstances", "SpotMaxPriceTooLow");
  const heard: [Offer, number][] = [];
  const onOffer = async (offer: Offer) => {
    heard.push([offer, ec2.callsOf("RunInstances").length]);
  };
  await compute.launch(specOf("l1", { onOffer }));
  expect(heard.map(([{ name, number, of }, asked]) => [name, number, of, asked])).toEqual([
    ["spot t3.small in eu-west-1a", 1, 4, 0],
    ["spot t3.small in eu-west-1b", 2, 4, 1],
    ["on-demand t3.small in eu-west-1a", 3, 4, 2],
  ]);
  const tokens = ec2
    .callsOf("RunInstances")
    .map(({ parameters }) => parameters.text("ClientToken"));
  expect(tokens).toEqual(["l1-1", "l1-2", "l1-3"]);
  expect(logged.filter(({ msg }) => msg === "not to be had")).toHaveLength(2);
});

test("a launch that is taken up again begins with the offer that was on record", async () => {
  const ec2 = await openEc2();
  const before = await computeOn(ec2).compute.launch(specOf("l1", { firstOffer: 2 }));
  expect(await computeOn(ec2).compute.launch(specOf("l1", { firstOffer: 2 }))).toEqual(before);
  const tokens = ec2
    .callsOf("RunInstances")
    .map(({ parameters }) => parameters.text("ClientToken"));
  expect(tokens).toEqual(["l1-2", "l1-2"]);
  expect(ec2.store.instances.size).toBe(1);
});

test("where the settings changed in between, the machine that is there is taken", async () => {
  const ec2 = await openEc2({ timing: { unknownMs: 50 } });
  const before = await computeOn(ec2).compute.launch(specOf("l1"));
  const after = computeOn(ec2, { types: ["t3.medium"] });
  expect(await after.compute.launch(specOf("l1"))).toEqual(before);
  expect(ec2.callsOf("RunInstances")[1]!.outcome).toBe("IdempotentParameterMismatch");
  expect(ec2.store.instances.size).toBe(1);
});

test("a launch that asks for another kind of machine gets it, and says what it got", async () => {
  const ec2 = await openEc2();
  const offers: Offer[] = [];
  const launched = await computeOn(ec2).compute.launch(
    specOf("l1", {
      wish: { types: ["t3.medium"], market: "spot", image: "debian-12" },
      onOffer: async (offer) => void offers.push(offer),
    }),
  );
  const [instance] = ec2.store.instances.values();
  expect(instance).toMatchObject({ type: "t3.medium", imageId: "ami-0deb12a0000000001" });
  expect(launched).toEqual({
    providerId: instance!.id,
    zone: instance!.zone,
    image: "ami-0deb12a0000000001",
  });
  expect(offers).toMatchObject([{ type: "t3.medium", market: "spot" }]);
  // A one-time spot machine can't be stopped, so that it ends where it powers off.
  const [call] = ec2.callsOf("RunInstances");
  expect(call!.parameters.text("InstanceInitiatedShutdownBehavior")).toBe("terminate");
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

test("types and images are asked for once an hour at the most", async () => {
  const ec2 = await openEc2();
  let time = Date.now();
  const { compute } = computeOn(ec2, { now: () => time });
  for (const [id, waitMs] of [
    ["l1", 0],
    ["l2", 3_599_000],
    ["l3", 2000],
  ] as const) {
    time += waitMs;
    await compute.launch(specOf(id));
  }
  expect(ec2.callsOf("DescribeImages")).toHaveLength(2);
  expect(ec2.callsOf("DescribeInstanceTypes")).toHaveLength(1);
});

test("machines are listed page by page, those of other fleets and without a launch are not", async () => {
  const ec2 = await openEc2();
  const { compute } = computeOn(ec2);
  await compute.launch(specOf("l1"));
  const [model] = ec2.store.instances.values();
  for (let number = 0; number < 1200; number++) {
    const id = `i-${String(number).padStart(17, "0")}`;
    const tags = new Map([...model!.tags, ["deferred:launch", `many-${number}`]]);
    ec2.store.instances.set(id, { ...model!, id, reservationId: `r-${number}`, tags });
  }
  const stranger = new Map([...model!.tags, ["deferred:fleet", "fleet-2"]]);
  ec2.store.instances.set("i-1", { ...model!, id: "i-1", reservationId: "r-x", tags: stranger });
  expect(await compute.list()).toHaveLength(1201);
  expect(ec2.callsOf("DescribeInstances")).toHaveLength(2);
});

test("a stopped machine that other settings made is outdated, one that runs is left to end", async () => {
  const ec2 = await openEc2();
  const { compute } = computeOn(ec2);
  const { providerId } = await compute.launch(specOf("l1"));
  const other = computeOn(ec2, { types: ["t3.medium"] }).compute;
  const larger = computeOn(ec2, { diskGb: 30 }).compute;
  expect(await other.list()).toEqual([{ launchId: "l1", providerId, state: "running" }]);
  await compute.stop(providerId);
  expect(await compute.list()).toEqual([{ launchId: "l1", providerId, state: "stopped" }]);
  for (const changed of [other, larger]) {
    expect(await changed.list()).toEqual([
      { launchId: "l1", providerId, state: "stopped", outdated: true },
    ]);
  }
});
