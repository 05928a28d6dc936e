import { expect, test } from "vitest";
import type { ReasonCode } from "../../../../protocol/reasons.ts";
import { LaunchError, type Offer } from "../../../../server/providers/compute.ts";
import { specOf } from "../../../contract/compute.ts";
import type { FaultCode } from "../../../services/ec2/faults.ts";
import { computeOn, openEc2 } from "../opened.ts";

async function reasonOf(launch: Promise<unknown>): Promise<ReasonCode> {
  const error = await launch.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof LaunchError)) throw new Error(`no LaunchError: ${String(error)}`);
  return error.code;
}

test.each<[FaultCode, ReasonCode, number]>([
  ["InsufficientInstanceCapacity", "no_capacity", 2],
  ["InsufficientVolumeCapacity", "no_capacity", 2],
  ["InsufficientAddressCapacity", "no_capacity", 2],
  ["Unsupported", "no_capacity", 2],
  ["VcpuLimitExceeded", "quota_reached", 2],
  ["UnauthorizedOperation", "launch_refused", 1],
])("%s for every offer is %s, after %i requests", async (code, reason, requests) => {
  const ec2 = await openEc2();
  const { compute } = computeOn(ec2);
  ec2.faults.next("RunInstances", code, { times: 99 });
  expect(await reasonOf(compute.launch(specOf("l1")))).toBe(reason);
  expect(ec2.callsOf("RunInstances")).toHaveLength(requests);
  expect(ec2.existing()).toEqual([]);
});

test.each<[FaultCode, Record<string, number>]>([
  // The account's own, whatever is asked for. Pauses of 5, 10 and four times 20 ms fit into 100.
  ["RequestLimitExceeded", { "l1-1": 7 }],
  // Perhaps of the zone or the type alone: the next is asked for after a third of that time.
  ["InternalError", { "l1-1": 4, "l1-2": 7 }],
])("%s that lasts is a failed launch, after so many requests: %j", async (code, requests) => {
  const ec2 = await openEc2();
  let time = 0;
  const clock = {
    now: () => time,
    sleep: async (ms: number) => void (time += ms),
    random: () => 1,
  };
  const { compute } = computeOn(ec2, { pace: { firstMs: 5, maxMs: 20, limitMs: 100, clock } });
  ec2.faults.next("RunInstances", code, { times: Infinity });
  expect(await reasonOf(compute.launch(specOf("l1")))).toBe("launch_failed");
  const tokens = ec2.callsOf("RunInstances").map((call) => call.parameters.text("ClientToken")!);
  const byToken = Object.entries(Object.groupBy(tokens, (token) => token));
  expect(Object.fromEntries(byToken.map(([token, all]) => [token, all?.length]))).toEqual(requests);
});

test("an offer that EC2 fails at goes on to the next, unless its machine is there all the same", async () => {
  const ec2 = await openEc2({ timing: { unknownMs: 100 } });
  const pace = { firstMs: 5, maxMs: 20, limitMs: 1500 };
  const { compute } = computeOn(ec2, { pace });
  // What lasts for the first offer: as long as it is asked for.
  const onOffer = async ({ number }: Offer) => {
    if (number === 1) ec2.faults.next("RunInstances", "InternalError", { times: Infinity });
    else ec2.faults.clear();
  };
  const { providerId } = await compute.launch(specOf("l1", { onOffer }));
  expect(ec2.store.instances.get(providerId)).toMatchObject({ type: "t3.medium" });
  ec2.faults.next("RunInstances", "failed_after", { times: Infinity });
  const there = await compute.launch(specOf("l2"));
  expect(ec2.store.instances.get(there.providerId)).toMatchObject({ type: "t3.small" });
  expect(ec2.existing()).toHaveLength(2);
});

test("an account on AWS's free plan is told which types it lacks", async () => {
  const ec2 = await openEc2();
  const { compute } = computeOn(ec2);
  ec2.faults.next("RunInstances", "InvalidParameterCombination");
  const { providerId } = await compute.launch(specOf("l1"));
  expect(ec2.store.instances.get(providerId)).toMatchObject({ type: "t3.medium" });
  ec2.faults.next("RunInstances", "InvalidParameterCombination", { times: 2 });
  await expect(compute.launch(specOf("l2"))).rejects.toMatchObject({
    code: "launch_refused",
    said: expect.stringMatching(/free plan.*DEFERRED_EC2_TYPES/) as string,
  });
});

test("without the account's role for spot, on-demand is taken at once, and that is said once", async () => {
  const ec2 = await openEc2();
  let time = Date.now();
  const { compute, logged } = computeOn(ec2, {
    market: "spot",
    lifecycle: "ephemeral",
    subnets: ec2.store.subnets.map(({ id }) => id),
    now: () => time,
  });
  const role = "AuthFailure.ServiceLinkedRoleCreationNotPermitted";
  const spotCalls = () =>
    ec2.callsOf("RunInstances").filter(({ parameters }) => parameters.has("InstanceMarketOptions"));
  ec2.faults.next("RunInstances", role);
  await compute.launch(specOf("l1"));
  await compute.launch(specOf("l2"));
  expect(spotCalls()).toHaveLength(1);
  expect(ec2.existing().map(({ isSpot }) => isSpot)).toEqual([false, false]);
  // The role was made meanwhile.
  time += 3_601_000;
  await compute.launch(specOf("l3"));
  expect(ec2.existing().at(-1)).toMatchObject({ isSpot: true });
  expect(logged.filter(({ msg }) => msg.includes("create-service-linked-role"))).toHaveLength(1);
});

test.each(["DescribeInstanceTypes", "DescribeImages", "DescribeSubnets", "RunInstances"])(
  "%s that fails for a moment only delays a launch",
  async (action) => {
    const ec2 = await openEc2();
    const { compute } = computeOn(ec2, { subnets: [ec2.store.subnets[0]!.id] });
    ec2.faults.next(action, "RequestLimitExceeded");
    ec2.faults.next(action, "cut_before");
    await compute.launch(specOf("l1"));
    expect(ec2.existing()).toHaveLength(1);
  },
);

test("a type that there is not, and an image that there is not, are told to the operator", async () => {
  const ec2 = await openEc2();
  const wrongType = computeOn(ec2, { types: ["t9.huge", "t3.small"] });
  await wrongType.compute.launch(specOf("l1"));
  expect(JSON.stringify(wrongType.logged)).toContain("t9.huge");
  for (const image of ["debian-99", "self:nothing-*", "ami-0000000000000dead"]) {
    const launch = computeOn(ec2, { image }).compute.launch(specOf("l2"));
    await expect(launch, image).rejects.toMatchObject({
      code: "launch_refused",
      message: expect.stringContaining(image.replace("self:", "")) as string,
    });
  }
});

test("a key that EC2 does not know is refused at once", async () => {
  const ec2 = await openEc2();
  const credentials = { ...ec2.keys, secretAccessKey: "another" };
  const { compute } = computeOn(ec2, { credentials });
  expect(await reasonOf(compute.launch(specOf("l1")))).toBe("launch_refused");
});

test("an image that is withdrawn within the hour is looked for anew", async () => {
  const ec2 = await openEc2();
  const { compute } = computeOn(ec2);
  await compute.launch(specOf("l1"));
  const newest = ec2.store.images.findIndex(({ id }) => id === "ami-0deb13a0000000002");
  ec2.store.images.splice(newest, 1);
  await reasonOf(compute.launch(specOf("l2"))).catch(() => {});
  await compute.launch(specOf("l3"));
  expect([...ec2.store.instances.values()].at(-1)!.imageId).toBe("ami-0deb13a0000000001");
});

test.each<FaultCode>(["InsufficientInstanceCapacity", "UnauthorizedOperation"])(
  "a launch whose answer was lost, and whose repeat is refused by %s, is still one machine",
  async (code) => {
    const ec2 = await openEc2({ timing: { unknownMs: 100 } });
    const { compute } = computeOn(ec2);
    ec2.faults.next("RunInstances", "cut_after");
    ec2.faults.next("RunInstances", code);
    const { providerId } = await compute.launch(specOf("l1"));
    expect(ec2.callsOf("RunInstances")).toHaveLength(2);
    expect([...ec2.store.instances.keys()]).toEqual([providerId]);
  },
);
