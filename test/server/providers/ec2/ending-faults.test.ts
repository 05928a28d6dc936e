import { expect, test } from "vitest";
import type { ReasonCode } from "../../../../protocol/reasons.ts";
import { LaunchError } from "../../../../server/providers/compute.ts";
import { specOf } from "../../../contract/compute.ts";
import { eventually } from "../../../eventually.ts";
import type { FaultCode } from "../../../services/ec2/faults.ts";
import { computeOn, openEc2 } from "../opened.ts";

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
