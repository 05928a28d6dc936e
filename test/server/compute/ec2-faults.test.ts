import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import type { ReasonCode } from "../../../protocol/errors.ts";
import { LaunchError } from "../../../server/compute/compute.ts";
import { specOf } from "../../contract/compute.ts";
import type { FaultCode } from "../../services/ec2/faults.ts";
import { computeOn, openEc2 } from "./opened.ts";

async function reasonOf(launch: Promise<unknown>): Promise<ReasonCode> {
  const error = await launch.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof LaunchError)) throw new Error(`no LaunchError: ${String(error)}`);
  return error.reason;
}

test.each<[FaultCode, ReasonCode, number]>([
  ["InsufficientInstanceCapacity", "no_capacity", 2],
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

test.each<FaultCode>(["RequestLimitExceeded", "InternalError"])(
  "%s that lasts is a failed launch, and no other offer is asked for meanwhile",
  async (code) => {
    const ec2 = await openEc2();
    const { compute } = computeOn(ec2, { pace: { firstMs: 5, mostMs: 20, limitMs: 1000 } });
    ec2.faults.next("RunInstances", code, { times: 1000 });
    expect(await reasonOf(compute.launch(specOf("l1")))).toBe("launch_failed");
    // How often it is asked within that time is the machine's speed.
    const tokens = ec2.callsOf("RunInstances").map((call) => call.parameters.text("ClientToken"));
    expect(tokens.length).toBeGreaterThan(1);
    expect(new Set(tokens)).toEqual(new Set(["l1-1"]));
  },
);

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
      reason: "launch_refused",
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

test("a machine that EC2 does not know yet is stopped and ended all the same", async () => {
  const ec2 = await openEc2({ timing: { unknownMs: 200 } });
  const { compute } = computeOn(ec2);
  const first = await compute.launch(specOf("l1"));
  await compute.stop(first.providerId);
  expect(ec2.callsOf("StopInstances")[0]!.outcome).toBe("InvalidInstanceID.NotFound");
  expect(ec2.store.instances.get(first.providerId)!.state).toBe("stopping");
  const second = await compute.launch(specOf("l2"));
  await compute.destroy(second.providerId);
  expect(ec2.store.instances.get(second.providerId)!.state).toBe("shutting-down");
});

test("a machine that is gone, or was never there, is stopped and ended without a word", async () => {
  const ec2 = await openEc2({ timing: { describedMs: 0 } });
  const { compute } = computeOn(ec2);
  await compute.stop("i-0123456789abcdef0");
  await compute.destroy("i-0123456789abcdef0");
  await expect(compute.start("i-0123456789abcdef0")).rejects.toThrow(LaunchError);
});

test("a machine that still comes up is stopped once it is up", async () => {
  const ec2 = await openEc2({ timing: { pendingMs: 100 } });
  const { compute } = computeOn(ec2);
  const { providerId } = await compute.launch(specOf("l1"));
  await compute.stop(providerId);
  expect(ec2.callsOf("StopInstances").map(({ outcome }) => outcome)).toEqual([
    "IncorrectInstanceState",
    "answered",
  ]);
});

test("a machine that still stops is started once it has stopped", async () => {
  const ec2 = await openEc2({ timing: { stoppingMs: 100 } });
  const { compute } = computeOn(ec2);
  const { providerId } = await compute.launch(specOf("l1"));
  await compute.stop(providerId);
  await compute.start(providerId);
  expect(ec2.store.instances.get(providerId)!.state).toBe("pending");
});

test("no capacity for a stopped machine is told as such, and the machine stays", async () => {
  const ec2 = await openEc2();
  const { compute } = computeOn(ec2);
  const { providerId } = await compute.launch(specOf("l1"));
  await compute.stop(providerId);
  ec2.faults.next("StartInstances", "InsufficientInstanceCapacity");
  expect(await reasonOf(compute.start(providerId))).toBe("no_capacity");
  expect(await compute.list()).toMatchObject([{ state: "stopped" }]);
});

test("stops and ends survive what passes, and lists do", async () => {
  const ec2 = await openEc2();
  const { compute } = computeOn(ec2);
  const { providerId } = await compute.launch(specOf("l1"));
  for (const action of ["DescribeInstances", "StopInstances", "TerminateInstances"]) {
    ec2.faults.next(action, "RequestLimitExceeded");
    ec2.faults.next(action, "cut_after");
    ec2.faults.next(action, "InternalError");
  }
  expect(await compute.list()).toHaveLength(1);
  await compute.stop(providerId);
  await compute.destroy(providerId);
  expect(ec2.existing()).toEqual([]);
});

test("a spot machine that is to be stopped is ended, even by a server set to warm", async () => {
  const ec2 = await openEc2();
  const spot = computeOn(ec2, { market: "spot", lifecycle: "ephemeral" }).compute;
  const { providerId } = await spot.launch(specOf("l1"));
  await computeOn(ec2).compute.stop(providerId);
  expect(ec2.existing()).toEqual([]);
});

test("a proxy that answers in EC2's place with a page of HTML is waited out", async () => {
  const ec2 = await openEc2();
  let served = 0;
  const proxy = createServer((request, response) => {
    if (served++ < 3) {
      response.writeHead(502, { "content-type": "text/html" }).end("<html>Bad Gateway<hr></html>");
      return;
    }
    response.writeHead(307, { location: ec2.url }).end();
    request.resume();
  }).listen(0, "127.0.0.1");
  onTestFinished(() => void proxy.close());
  await new Promise((resolve) => proxy.once("listening", resolve));
  const endpoint = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const { compute } = computeOn(ec2, { endpoint, pace: { firstMs: 5, mostMs: 10, limitMs: 300 } });
  await compute.list().catch(() => {});
  expect(served).toBeGreaterThan(3);
  proxy.closeAllConnections();
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

test("an offer whose machine came and went is followed by the next", async () => {
  const ec2 = await openEc2();
  const { compute } = computeOn(ec2);
  const { providerId } = await compute.launch(specOf("l1"));
  await compute.destroy(providerId);
  const next = await compute.launch(specOf("l1"));
  expect(ec2.callsOf("RunInstances").map(({ outcome }) => outcome)).toEqual([
    "answered",
    "IdempotentInstanceTerminated",
    "answered",
  ]);
  expect(ec2.existing().map(({ id }) => id)).toEqual([next.providerId]);
});

test("a server whose clock is wrong is set right by EC2's answer", async () => {
  const ec2 = await openEc2({ now: () => Date.now() + 20 * 60_000 });
  const { compute } = computeOn(ec2);
  expect(await compute.list()).toEqual([]);
});
