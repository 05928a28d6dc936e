import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import type { ReasonCode } from "../../../../protocol/reasons.ts";
import { LaunchError, type Offer } from "../../../../server/providers/compute.ts";
import { specOf } from "../../../contract/compute.ts";
import { eventually } from "../../../eventually.ts";
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

test("a machine that EC2 does not know yet is stopped and ended all the same", async () => {
  // What is on its way down stays so, however long the machine of the test takes to look.
  const down = { stoppingMs: 600_000, shuttingDownMs: 600_000 };
  const ec2 = await openEc2({ timing: { unknownMs: 200, ...down } });
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
  const ec2 = await openEc2({ timing: { pendingMs: 60_000 } });
  const { compute } = computeOn(ec2);
  const { providerId } = await compute.launch(specOf("l1"));
  const stopped = compute.stop(providerId);
  await expect.poll(() => ec2.callsOf("StopInstances").length).toBe(1);
  ec2.store.instances.get(providerId)!.state = "running";
  await stopped;
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
  expect(ec2.callsOf("StartInstances").at(-1)).toMatchObject({ outcome: "answered" });
  expect(ec2.store.instances.get(providerId)!.state).toMatch(/^(pending|running)$/);
});

test("a machine that takes long to stop is left to it, to be started another time", async () => {
  const ec2 = await openEc2({ timing: { stoppingMs: 60_000 } });
  const { compute } = computeOn(ec2, { stoppingMs: 100 });
  const { providerId } = await compute.launch(specOf("l1"));
  await eventually(async () => (ec2.existing()[0]?.state === "running" ? true : undefined));
  await compute.stop(providerId);
  await expect(compute.start(providerId)).rejects.toMatchObject({ later: true });
  expect(ec2.callsOf("StartInstances")).toEqual([]);
  expect(await compute.list()).toMatchObject([{ state: "stopped" }]);
});

test.each<[FaultCode, ReasonCode, number]>([
  ["InsufficientInstanceCapacity", "no_capacity", 1],
  ["InternalError", "launch_failed", Infinity],
])(
  "%s keeps a stopped machine from starting just now, and it stays",
  async (code, reason, times) => {
    const ec2 = await openEc2();
    const { compute } = computeOn(ec2, { pace: { firstMs: 5, maxMs: 20, limitMs: 200 } });
    const { providerId } = await compute.launch(specOf("l1"));
    await compute.stop(providerId);
    ec2.faults.next("StartInstances", code, { times });
    await expect(compute.start(providerId)).rejects.toMatchObject({ code: reason, later: true });
    expect(await compute.list()).toMatchObject([{ state: "stopped" }]);
  },
);

const KMS = {
  name: "falls_back",
  code: "Client.InternalError",
  message: "Client error on launch",
} as const;

test("a machine that EC2 took the order for and could not run is listed with EC2's reason", async () => {
  const ec2 = await openEc2();
  const { compute } = computeOn(ec2);
  const { providerId } = await compute.launch(specOf("started"));
  await compute.stop(providerId);
  await eventually(async () => (ec2.existing()[0]?.state === "stopped" ? true : undefined));
  ec2.faults.nextBoot(KMS);
  await compute.start(providerId);
  const falls = [
    [
      "Client.InternalError",
      "boot_failed",
      /Client\.InternalError: Client error on launch\. .*key/,
    ],
    ["Client.VolumeLimitExceeded", "quota_reached", /Client\.VolumeLimitExceeded: Volume limit/],
    ["Server.InsufficientInstanceCapacity", "no_capacity", /Server\.Insufficient/],
    ["Server.InternalError", "launch_failed", /Server\.InternalError/],
  ] as const;
  for (const [code] of falls) {
    ec2.faults.nextBoot({
      ...KMS,
      code,
      message: code === KMS.code ? KMS.message : "Volume limit",
    });
    await compute.launch(specOf(code));
  }
  await eventually(async () => (ec2.existing().length === 1 ? true : undefined));
  const listed = await compute.list();
  expect(listed).toMatchObject([
    { launchId: "started", state: "stopped", end: { reason: "boot_failed" } },
    ...falls.map(([launchId, reason, said]) => ({
      ...{ launchId, state: "stopped", over: true },
      end: { reason, said: expect.stringMatching(said) as string },
    })),
  ]);
  expect(listed[0]!.over).toBeUndefined();
});

test("machines that were ended on purpose are not listed, nor is a stop on purpose a failure", async () => {
  const ec2 = await openEc2();
  const { compute } = computeOn(ec2);
  const { providerId } = await compute.launch(specOf("l1"));
  await compute.destroy((await compute.launch(specOf("l2"))).providerId);
  await compute.stop(providerId);
  expect(await compute.list()).toEqual([{ launchId: "l1", providerId, state: "stopped" }]);
});

test.each(["t3.small", "t2.small"])(
  "the last words of a %s are its set-up's, without what steers a terminal",
  async (name) => {
    const ec2 = await openEc2();
    ec2.store.types.push({ ...ec2.store.types[0]!, name: "t2.small" });
    const { compute } = computeOn(ec2, { types: [name], lifecycle: "ephemeral" });
    ec2.faults.nextBoot({
      name: "gives_up",
      console:
        "[    0.000000] Linux version 6.12\r\n[   31.2] cloud-init[512]: Deferred Runner: \u001b[31mapt-get ended\u0007 with 100\r\n\r\nip-172-31-0-1 login: \r\n",
    });
    const { providerId } = await compute.launch(specOf("l1"));
    await eventually(async () => (ec2.existing().length === 0 ? true : undefined));
    expect(await compute.lastConsoleLine!(providerId)).toBe("apt-get ended with 100");
    const silent = await compute.launch(specOf("l2"));
    expect(await compute.lastConsoleLine!(silent.providerId)).toBeUndefined();
  },
);

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
  const { compute } = computeOn(ec2, { endpoint, pace: { firstMs: 5, maxMs: 10, limitMs: 300 } });
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
