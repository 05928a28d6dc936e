import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { specOf } from "../../../contract/compute.ts";
import { eventually } from "../../../eventually.ts";
import { computeOn, openEc2 } from "../opened.ts";

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
