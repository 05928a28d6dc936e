import { expect, test } from "vitest";
import type { Offer } from "../../../../server/providers/compute.ts";
import { specOf } from "../../../contract/compute.ts";
import { computeOn, openEc2 } from "../opened.ts";

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
