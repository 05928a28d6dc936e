import {
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeInstanceTypesCommand,
  DescribeSubnetsCommand,
  DescribeVolumesCommand,
  EC2Client,
  paginateDescribeInstances,
  RunInstancesCommand,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
  type Instance,
  type RunInstancesCommandInput,
} from "@aws-sdk/client-ec2";
import { expect, onTestFinished, test } from "vitest";
import { eventually } from "../../eventually.ts";
import { startEc2, type Ec2Options } from "./endpoint.ts";

// The SDK is the witness: its signatures, its parameters, its reading of answers and errors.

async function start(options: Ec2Options = {}) {
  const ec2 = await startEc2(options);
  const client = new EC2Client({
    endpoint: ec2.url,
    region: ec2.region,
    credentials: ec2.keys,
    maxAttempts: 1,
  });
  onTestFinished(async () => {
    client.destroy();
    await ec2.close();
  });
  const run = (changes: Partial<RunInstancesCommandInput> = {}) =>
    client.send(new RunInstancesCommand({ ...ORDER, ...changes }));
  const runOne = async (changes: Partial<RunInstancesCommandInput> = {}) =>
    (await run(changes)).Instances![0]!.InstanceId!;
  const describe = async (id: string): Promise<Instance> => {
    const answer = await client.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
    return answer.Reservations![0]!.Instances![0]!;
  };
  const until = (id: string, state: string) =>
    eventually(async () => {
      const instance = await describe(id);
      return instance.State?.Name === state ? instance : undefined;
    });
  return { ec2, client, run, runOne, describe, until };
}

const IMAGE = "ami-0deb13a0000000002";
const ORDER: RunInstancesCommandInput = {
  ImageId: IMAGE,
  InstanceType: "t3.small",
  MinCount: 1,
  MaxCount: 1,
};
const failsWith = (name: string, httpStatusCode = 400) => ({
  name,
  $metadata: { httpStatusCode },
});

test("an instance comes up, stops, starts and ends, each in its time and with its reason", async () => {
  // Long enough to be seen on a machine that is busy.
  const timing = { pendingMs: 1000, stoppingMs: 1000 };
  const { client, runOne, until, describe } = await start({ timing });
  const id = await runOne();
  expect((await describe(id)).State).toEqual({ Code: 0, Name: "pending" });
  await until(id, "running");
  const ids = { InstanceIds: [id] };
  const stopping = await client.send(new StopInstancesCommand(ids));
  expect(stopping.StoppingInstances![0]).toMatchObject({
    InstanceId: id,
    CurrentState: { Name: "stopping" },
    PreviousState: { Name: "running" },
  });
  await expect(client.send(new StartInstancesCommand(ids))).rejects.toMatchObject(
    failsWith("IncorrectInstanceState"),
  );
  const stopped = await until(id, "stopped");
  expect(stopped.StateReason).toMatchObject({ Code: "Client.UserInitiatedShutdown" });
  expect(stopped.StateTransitionReason).toMatch(/^User initiated \(\d{4}-\d\d-\d\d \d.*GMT\)$/);
  await client.send(new StartInstancesCommand(ids));
  expect((await until(id, "running")).StateReason).toBeUndefined();
  await client.send(new TerminateInstancesCommand(ids));
  await until(id, "terminated");
  await client.send(new TerminateInstancesCommand(ids)); // Harmless.
  await expect(client.send(new StopInstancesCommand(ids))).rejects.toMatchObject(
    failsWith("IncorrectInstanceState"),
  );
});

test("what was ordered is what is described", async () => {
  const { client, runOne, describe, ec2 } = await start();
  const id = await runOne({
    ClientToken: "token-1",
    SubnetId: ec2.store.subnets[1]!.id,
    SecurityGroupIds: ["sg-0aaaaaaaaaaaaaaaa"],
    MetadataOptions: { HttpTokens: "required", HttpPutResponseHopLimit: 1 },
    BlockDeviceMappings: [
      { DeviceName: "/dev/xvda", Ebs: { VolumeSize: 12, VolumeType: "gp3", Encrypted: true } },
    ],
    TagSpecifications: [
      { ResourceType: "instance", Tags: [{ Key: "a", Value: 'x<&>"y' }] },
      { ResourceType: "volume", Tags: [{ Key: "a", Value: "volume" }] },
    ],
  });
  expect(await describe(id)).toMatchObject({
    ImageId: IMAGE,
    InstanceType: "t3.small",
    Placement: { AvailabilityZone: "eu-west-1b" },
    ClientToken: "token-1",
    Tags: [{ Key: "a", Value: 'x<&>"y' }],
    SecurityGroups: [{ GroupId: "sg-0aaaaaaaaaaaaaaaa", GroupName: "default" }],
    MetadataOptions: { HttpTokens: "required", HttpPutResponseHopLimit: 1 },
    LaunchTime: expect.any(Date) as Date,
  });
  const Filters = [{ Name: "attachment.instance-id", Values: [id] }];
  const { Volumes } = await client.send(new DescribeVolumesCommand({ Filters }));
  expect(Volumes).toMatchObject([
    { Size: 12, VolumeType: "gp3", Encrypted: true, Tags: [{ Key: "a", Value: "volume" }] },
  ]);
});

test("a client token makes a repeat harmless, and a request that differs is refused", async () => {
  const { client, run, runOne, ec2, until } = await start();
  const order = { ClientToken: "t", SubnetId: ec2.store.subnets[0]!.id };
  const id = await runOne(order);
  expect(await runOne(order)).toBe(id);
  await expect(run({ ...order, InstanceType: "t3.medium" })).rejects.toMatchObject(
    failsWith("IdempotentParameterMismatch"),
  );
  expect(ec2.store.instances.size).toBe(1);
  const elsewhere = await runOne({ ...order, SubnetId: ec2.store.subnets[1]!.id });
  expect(elsewhere, "it counts within a zone").not.toBe(id);
  await client.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
  await until(id, "terminated");
  await expect(run(order)).rejects.toMatchObject(failsWith("IdempotentInstanceTerminated"));
});

test("filters and pages leave nothing out and nothing twice", async () => {
  const { client, run, runOne } = await start();
  const tags = (Value: string) => [
    { ResourceType: "instance" as const, Tags: [{ Key: "fleet", Value }] },
  ];
  const mine = await Promise.all(
    Array.from({ length: 7 }, () => runOne({ TagSpecifications: tags("mine") })),
  );
  await run({ TagSpecifications: tags("others") });
  await run();
  const found: string[] = [];
  let pages = 0;
  for await (const page of paginateDescribeInstances(
    { client, pageSize: 5 },
    { Filters: [{ Name: "tag:fleet", Values: ["mine"] }] },
  )) {
    pages++;
    found.push(...page.Reservations!.flatMap((one) => one.Instances!.map((i) => i.InstanceId!)));
  }
  expect(pages).toBe(2);
  expect(found.toSorted()).toEqual(mine.toSorted());
  const by = async (Name: string, Values: string[]) => {
    const answer = await client.send(new DescribeInstancesCommand({ Filters: [{ Name, Values }] }));
    return answer.Reservations!.length;
  };
  expect(await by("tag-key", ["fleet"])).toBe(8);
  expect(await by("tag:fleet", ["m*", "nobody"])).toBe(7);
  expect(await by("instance-state-name", ["stopped"])).toBe(0);
  expect(await by("instance-id", [mine[0]!, mine[1]!])).toBe(2);
  await expect(by("no-such-filter", ["x"])).rejects.toMatchObject(
    failsWith("InvalidParameterValue"),
  );
});

test("a one-time spot instance ends but can't be stopped", async () => {
  const { client, runOne, until } = await start();
  const id = await runOne({
    InstanceMarketOptions: { MarketType: "spot", SpotOptions: { SpotInstanceType: "one-time" } },
    InstanceInitiatedShutdownBehavior: "terminate",
  });
  expect((await until(id, "running")).InstanceLifecycle).toBe("spot");
  const stop = client.send(new StopInstancesCommand({ InstanceIds: [id] }));
  await expect(stop).rejects.toMatchObject(failsWith("UnsupportedOperation"));
});

test("what is wrong in a request is named by its documented code", async () => {
  const { client, run } = await start();
  const orders: [Partial<RunInstancesCommandInput>, string, number?][] = [
    [{ DryRun: true }, "DryRunOperation", 412],
    [{ ImageId: "ami-0000000000000dead" }, "InvalidAMIID.NotFound"],
    [{ ImageId: "debian" }, "InvalidAMIID.Malformed"],
    [{ InstanceType: "t3.smal" as "t3.small" }, "InvalidParameterValue"],
    [{ InstanceType: "t4g.small" }, "InvalidParameterValue"],
    [{ SubnetId: "subnet-00000000" }, "InvalidSubnetID.NotFound"],
    [{ SecurityGroupIds: ["sg-00000000"] }, "InvalidGroup.NotFound"],
    [{ SecurityGroupIds: ["default"] }, "InvalidGroupId.Malformed"],
    [{ UserData: "#!" }, "InvalidUserData.Malformed"],
    [{ UserData: Buffer.alloc(16_385).toString("base64") }, "InvalidParameterValue"],
    [{ ClientToken: "x".repeat(65) }, "InvalidParameterValue"],
  ];
  for (const [order, code, status] of orders) {
    await expect(run(order), code).rejects.toMatchObject(failsWith(code, status));
  }
  const terminate = (InstanceIds: string[]) =>
    client.send(new TerminateInstancesCommand({ InstanceIds }));
  await expect(terminate(["i-0123456789abcdef0"])).rejects.toMatchObject(
    failsWith("InvalidInstanceID.NotFound"),
  );
  await expect(terminate(["x"])).rejects.toMatchObject(failsWith("InvalidInstanceID.Malformed"));
});

test("requests that are not signed by the account's key are refused", async () => {
  const { ec2 } = await start();
  const ask = (credentials: { accessKeyId: string; secretAccessKey: string }) => {
    const client = new EC2Client({ endpoint: ec2.url, region: ec2.region, credentials });
    return client.send(new DescribeInstancesCommand({})).finally(() => client.destroy());
  };
  for (const wrong of [{ secretAccessKey: "guessed" }, { accessKeyId: "AKIDOTHER" }]) {
    await expect(ask({ ...ec2.keys, ...wrong })).rejects.toMatchObject(
      failsWith("AuthFailure", 401),
    );
  }
  const body = "Action=DescribeInstances&Version=2016-11-15";
  const unsigned = await fetch(ec2.url, { method: "POST", body });
  expect(unsigned.status).toBe(400);
  expect(await unsigned.text()).toMatch(
    /<Response><Errors><Error><Code>MissingAuthenticationToken<\/Code><Message>.*<\/Message><\/Error><\/Errors><RequestID>/,
  );
});

test("the catalogue has images by owner and name, types with their architecture, subnets by zone", async () => {
  const { client } = await start();
  const { Images } = await client.send(
    new DescribeImagesCommand({
      Owners: ["136693071363"],
      Filters: [{ Name: "name", Values: ["debian-13-amd64-*"] }],
    }),
  );
  expect(new Set(Images!.map(({ Name }) => Name))).toEqual(
    new Set(["debian-13-amd64-20251006-2257", "debian-13-amd64-20261103-2301"]),
  );
  const { InstanceTypes } = await client.send(
    new DescribeInstanceTypesCommand({ InstanceTypes: ["t4g.small"] }),
  );
  expect(InstanceTypes![0]!.ProcessorInfo!.SupportedArchitectures).toEqual(["arm64"]);
  const { Subnets } = await client.send(new DescribeSubnetsCommand({}));
  expect(Subnets!.map(({ AvailabilityZone }) => AvailabilityZone)).toEqual([
    "eu-west-1a",
    "eu-west-1b",
    "eu-west-1c",
  ]);
});

test("a new instance is not known to anybody for a while", async () => {
  const { runOne, describe, until, client } = await start({ timing: { unknownMs: 1000 } });
  const id = await runOne();
  await expect(describe(id)).rejects.toMatchObject(failsWith("InvalidInstanceID.NotFound"));
  expect((await client.send(new DescribeInstancesCommand({}))).Reservations).toEqual([]);
  await eventually(() => describe(id).catch(() => undefined));
  await until(id, "running");
});

test("one that is terminated is described for a while, and then not any more", async () => {
  const { client, runOne, describe } = await start({ timing: { describedMs: 50 } });
  const id = await runOne();
  await client.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
  await eventually(() =>
    describe(id).then(
      () => undefined,
      (error: Error) => (error.name === "InvalidInstanceID.NotFound" ? true : undefined),
    ),
  );
});

test("faults come as ordered: an error changes nothing, a cut after the effect hides a launch", async () => {
  const { ec2, run } = await start();
  ec2.faults.next("RunInstances", "InsufficientInstanceCapacity");
  ec2.faults.next("RunInstances", "cut_before");
  await expect(run()).rejects.toMatchObject(failsWith("InsufficientInstanceCapacity", 500));
  await expect(run()).rejects.toMatchObject({ code: "ECONNRESET" });
  expect(ec2.store.instances.size).toBe(0);
  ec2.faults.next("RunInstances", "cut_after");
  await expect(run()).rejects.toMatchObject({ code: "ECONNRESET" });
  expect(ec2.store.instances.size).toBe(1);
  expect(ec2.callsOf("RunInstances").map(({ outcome }) => outcome)).toEqual([
    "InsufficientInstanceCapacity",
    "cut_before",
    "cut_after",
  ]);
});
