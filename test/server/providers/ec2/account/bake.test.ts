import { expect, onTestFinished, test } from "vitest";
import { bake } from "../../../../../server/providers/ec2/account/bake/bake.ts";
import { BAKE_ACTIONS } from "../../../../../server/providers/ec2/account/bake/bake-error.ts";
import { readEc2Settings } from "../../../../../server/providers/ec2/settings.ts";
import { settingsReader } from "../../../../../server/settings/reader.ts";
import { eventually } from "../../../../eventually.ts";
import { heldTo } from "../../../../services/ec2/authorization.ts";
import { startEc2, type Ec2Options } from "../../../../services/ec2/endpoint.ts";
import { givingUp, noHardware } from "../../../../services/ec2/hardware.ts";

const DONE = "Deferred Runner: ready to be an image\n";
const URL = "https://runner.example";

/** A policy that allows these actions and nothing else. */
const allowing = (Action: string[]) => ({
  Version: "2012-10-17" as const,
  Statement: [{ Effect: "Allow" as const, Action, Resource: "*" }],
});

/** An endpoint on which each state lasts for several looks at it, as on AWS. */
async function account(options: Ec2Options = {}) {
  const timing = { pendingMs: 200, stoppingMs: 200, unknownMs: 400 };
  const refused = heldTo(() => allowing(BAKE_ACTIONS));
  const ec2 = await startEc2({ hardware: givingUp(DONE), timing, refused, ...options });
  onTestFinished(() => ec2.close());
  for (const [name, value] of Object.entries(ec2.env)) {
    const before = process.env[name];
    process.env[name] = value;
    onTestFinished(() => {
      if (before === undefined) delete process.env[name];
      else process.env[name] = before;
    });
  }
  const [group] = ec2.store.securityGroups.keys();
  const told: string[] = [];
  const stopping = new AbortController();
  return {
    ec2,
    told,
    stop: () => stopping.abort(),
    bake: (env: Record<string, string> = {}) => {
      const read = settingsReader({ ...ec2.env, DEFERRED_EC2_SECURITY_GROUP: group!, ...env });
      return bake({
        ec2: readEc2Settings(read),
        url: URL,
        userData: "#cloud-boothook\n",
        tell: (line) => told.push(line),
        signal: stopping.signal,
        pollMs: 20,
      });
    },
    states: () => [...ec2.store.instances.values()].map(({ state }) => state),
  };
}

test("a machine that is pending for long becomes an encrypted image, and goes", async () => {
  const { promise: pendingUntil, resolve: endPending } = Promise.withResolvers<void>();
  const { ec2, bake: run } = await account({ timing: { unknownMs: 0 }, pendingUntil });
  ec2.faults.nextLaunch({ name: "not_yet_known", ms: Infinity });
  // Unknown until it was looked at, then pending until it was seen so several times.
  const machineComesUp = async () => {
    const outcomes = () => ec2.callsOf("DescribeInstances").map(({ outcome }) => outcome);
    await eventually(async () => outcomes().includes("InvalidInstanceID.NotFound") || undefined);
    const [machine] = ec2.store.instances.values();
    machine!.knownAt = 0;
    const seen = () => outcomes().filter((outcome) => outcome === "answered").length;
    await eventually(async () => seen() >= 5 || undefined);
    expect(machine!.state).toBe("pending");
    endPending();
  };
  const [{ image, name }] = await Promise.all([run(), machineComesUp()]);
  const made = ec2.store.images.find(({ id }) => id === image)!;
  expect(made).toMatchObject({ name, state: "available", owner: ec2.store.accountId });
  expect(name).toMatch(/^deferred-\d{8}-\d{6}$/);
  expect(ec2.existing()).toEqual([]);

  const [launch] = ec2.callsOf("RunInstances");
  const { parameters } = launch!;
  expect(parameters.text("InstanceInitiatedShutdownBehavior")).toBe("stop");
  expect(parameters.text("MetadataOptions.HttpTokens")).toBe("required");
  const [disk] = parameters.structures("BlockDeviceMapping");
  expect(disk!.text("Ebs.Encrypted")).toBe("true");
  expect(disk!.text("DeviceName")).toBe(made.rootDevice);
  expect(ec2.callsOf("DescribeImages").map(({ outcome }) => outcome)).toContain(
    "InvalidAMIID.NotFound",
  );

  const next = await run({ DEFERRED_EC2_AMI: "self:deferred-*" });
  expect(ec2.callsOf("RunInstances")[1]!.parameters.text("ImageId")).toBe(image);
  expect(next.image).not.toBe(image);
});

test("it begins with the image that the server launches, for the type's architecture", async () => {
  const { ec2, bake: run } = await account();
  await run({ DEFERRED_EC2_AMI: "ubuntu-24.04", DEFERRED_EC2_TYPES: "t4g.small" });
  const id = ec2.callsOf("RunInstances")[0]!.parameters.text("ImageId");
  expect(ec2.store.images.find((one) => one.id === id)!.name).toMatch(/noble-24\.04-arm64/);
});

test("a machine whose set-up failed makes no image, and its last words are told", async () => {
  const said = "Deferred Runner: the set-up failed, and the machine powers off: no room";
  const { ec2, bake: run } = await account({ hardware: givingUp(`apt\n${said}\n`) });
  await expect(run()).rejects.toMatchObject({ message: said, lines: ["apt", said] });
  expect(ec2.callsOf("CreateImage")).toEqual([]);
  expect(ec2.existing()).toEqual([]);
});

test("a machine that EC2 terminates is not waited for", async () => {
  const { ec2, bake: run } = await account({ hardware: noHardware });
  const failed = expect(run()).rejects.toThrow(/was terminated: /);
  const instance = await eventually(async () =>
    [...ec2.store.instances.values()].find(({ state }) => state === "running"),
  );
  ec2.lifecycle.terminate(instance);
  await failed;
});

test("where it is stopped half-way, no machine is left", async () => {
  const { ec2, bake: run, stop, states } = await account({ hardware: noHardware });
  const failed = expect(run()).rejects.toThrow();
  await eventually(async () => (states()[0] === "running" ? true : undefined));
  stop();
  await failed;
  expect(ec2.existing()).toEqual([]);
});

test("what can't be begun says what to do", async () => {
  const { ec2, bake: run } = await account();
  await expect(run({ DEFERRED_EC2_AMI: "self:deferred-*" })).rejects.toMatchObject({
    message: "there is no image self:deferred-* for x86_64 in this region",
    hint: "name another with --image, such as debian-13",
  });
  expect(ec2.callsOf("RunInstances")).toEqual([]);
  const without = BAKE_ACTIONS.filter((action) => action !== "ec2:RunInstances");
  const denied = await account({ refused: heldTo(() => allowing(without)) });
  await expect(denied.bake()).rejects.toMatchObject({
    message: expect.stringContaining("UnauthorizedOperation"),
    hint: expect.stringContaining("ec2:CreateImage"),
  });
});
