import { EC2Client, RunInstancesCommand, type RunInstancesCommandInput } from "@aws-sdk/client-ec2";
import { describe, expect, onTestFinished, test } from "vitest";
import type { LaunchSpec } from "../../server/providers/compute.ts";
import { IMAGE_FAMILIES, imageSearch } from "../../server/providers/ec2/image-search.ts";
import { specOf } from "../contract/compute.ts";
import { computeOn, openEc2 } from "../server/providers/opened.ts";
import { heldTo } from "../services/ec2/authorization.ts";
import type { Ec2Endpoint } from "../services/ec2/endpoint.ts";
import { isAllowed } from "../services/iam.ts";
import { stackWith, URL } from "./stack.ts";

const ACCOUNT = "123456789012";
const OWN_IMAGE = "ami-0aaaa000000000001";
const arn = (kind: string, id: string) => `arn:aws:ec2:eu-west-1:${ACCOUNT}:${kind}/${id}`;

/** An account with the stack in it, held to the policies that the server's credentials get from it. */
async function accountWith(parameters: Record<string, string> = {}) {
  let stack: ReturnType<typeof stackWith> | undefined;
  const ec2 = await openEc2({ refused: heldTo(() => stack?.policy) });
  ec2.store.images.push({ ...ec2.store.images.at(-1)!, id: OWN_IMAGE, owner: ACCOUNT });
  stack = stackWith(parameters, ec2.store);
  const { environment } = stack;
  const [id = "", version = ""] = environment["DEFERRED_EC2_LAUNCH_TEMPLATE"]!.split(":");
  const server = {
    launchTemplate: { id, version },
    securityGroup: environment["DEFERRED_EC2_SECURITY_GROUP"]!,
    types: environment["DEFERRED_EC2_TYPES"]!.split(","),
    image: environment["DEFERRED_EC2_AMI"]!,
    diskGb: Number(environment["DEFERRED_EC2_DISK_GB"]),
    market: environment["DEFERRED_EC2_MARKET"] as "on-demand" | "spot",
    lifecycle: environment["DEFERRED_EC2_LIFECYCLE"] as "warm" | "ephemeral",
    subnets: environment["DEFERRED_EC2_SUBNETS"]!.split(",").filter((one) => one !== ""),
  };
  return { ec2, stack, server };
}

const SPOT = { Market: "spot", Lifecycle: "ephemeral" };

describe.each<[string, Record<string, string>]>([
  ["as it is", {}],
  ["on spot", SPOT],
  ["with Ubuntu", { Image: "ubuntu-24.04" }],
  ["with an image by its id", { Image: "ami-0deb13a0000000002" }],
  ["with an image of the account's own", { Image: "self:debian-13-amd64-2099*" }],
  ["with a network of its own", { MakeNetwork: "yes" }],
  ["with named subnets", { Vpc: "vpc-0aaaaaaaaaaaaaaaa", Subnets: "subnet-0bbbbbbbbbbbbbbbb" }],
  ["ephemeral, with a larger disk", { Lifecycle: "ephemeral", DiskGiB: "100" }],
])("the stack %s", (_, parameters) => {
  test("allows all that the server asks of EC2, and nothing for another server", async () => {
    const { ec2, stack, server } = await accountWith(parameters);
    const { compute } = computeOn(ec2, server);
    const { providerId } = await compute.launch(specOf("l1"));
    expect(ec2.store.instances.get(providerId)).toMatchObject({
      groups: [server.securityGroup],
      metadata: { tokens: "required", hopLimit: 1 },
      shutdownBehavior: server.lifecycle === "warm" ? "stop" : "terminate",
    });
    expect(await compute.list()).toHaveLength(1);
    if (server.lifecycle === "warm") {
      await compute.stop(providerId);
      await compute.start(providerId);
    }
    await compute.destroy(providerId);
    expect(ec2.calls.filter(({ outcome }) => outcome === "UnauthorizedOperation")).toEqual([]);
    const allowed = stack.policy.Statement.flatMap(({ Action }) => Action);
    for (const { action } of ec2.calls) expect(allowed).toContain(`ec2:${action}`);

    const { compute: other } = computeOn(ec2, { ...server, serverUrl: "https://b.example" });
    await expect(other.launch(specOf("l2"))).rejects.toMatchObject({ code: "launch_refused" });
  });
});

test.each<
  [string, Record<string, string>, (ec2: Ec2Endpoint) => Partial<Parameters<typeof computeOn>[1]>]
>([
  ["a larger disk", {}, () => ({ diskGb: 21 })],
  ["another type", {}, () => ({ types: ["c7i.large"] })],
  ["spot, where on-demand is set", {}, () => ({ market: "spot", lifecycle: "ephemeral" })],
  ["no launch template", {}, () => ({ launchTemplate: undefined })],
  [
    "another launch template",
    {},
    (ec2) => {
      const id = "lt-0bbbbbbbbbbbbbbbb";
      ec2.store.launchTemplates.set(id, [...ec2.store.launchTemplates.values()][0]!);
      return { launchTemplate: { id, version: "1" } };
    },
  ],
  ["a stranger's image", {}, () => ({ image: "ami-0bad13a0000000001" })],
  [
    "a published image, where one's own is set",
    { Image: "self:x" },
    () => ({ image: "debian-13" }),
  ],
  [
    "another image, where one is set",
    { Image: OWN_IMAGE },
    () => ({ image: "ami-0bad13a0000000001" }),
  ],
  [
    "another network",
    {},
    (ec2) => {
      const subnet = { ...ec2.store.subnets[0]!, id: "subnet-0eeeeeeeeeeeeeeee" };
      ec2.store.subnets.push({ ...subnet, vpcId: "vpc-0bbbbbbbbbbbbbbbb", isDefault: false });
      return { subnets: ["subnet-0eeeeeeeeeeeeeeee"] };
    },
  ],
])("a launch with %s is refused", async (_, parameters, changes) => {
  const { ec2, server } = await accountWith(parameters);
  const { compute } = computeOn(ec2, { ...server, ...changes(ec2) });
  const spec: LaunchSpec = specOf("l1");
  await expect(compute.launch(spec)).rejects.toMatchObject({ code: "launch_refused" });
  expect(ec2.existing()).toEqual([]);
});

/** A launch with the stack's template, changed by somebody who has the server's credentials. */
async function mayLaunch(changes: Partial<RunInstancesCommandInput>): Promise<boolean> {
  const { ec2, server } = await accountWith();
  const client = new EC2Client({ endpoint: ec2.url, region: ec2.region, credentials: ec2.keys });
  onTestFinished(() => client.destroy());
  const { launchTemplate } = server;
  const Tags = [
    { Key: "deferred:owner", Value: URL },
    { Key: "deferred:fleet", Value: "fleet-1" },
  ];
  const order: RunInstancesCommandInput = {
    MinCount: 1,
    MaxCount: 1,
    LaunchTemplate: { LaunchTemplateId: launchTemplate.id, Version: launchTemplate.version },
    ImageId: "ami-0deb13a0000000002",
    InstanceType: "t3.small",
    BlockDeviceMappings: [
      { DeviceName: "/dev/xvda", Ebs: { Encrypted: true, VolumeType: "gp3", VolumeSize: 20 } },
    ],
    TagSpecifications: [
      { ResourceType: "instance", Tags },
      { ResourceType: "volume", Tags },
    ],
    ...changes,
  };
  try {
    await client.send(new RunInstancesCommand(order));
    return true;
  } catch (error) {
    expect(error).toMatchObject({ name: "UnauthorizedOperation" });
    return false;
  }
}

describe("with the server's credentials in other hands", () => {
  test("the server's own order goes through", async () => {
    expect(await mayLaunch({})).toBe(true);
  });

  test.each<[string, Partial<RunInstancesCommandInput>]>([
    ["without IMDSv2", { MetadataOptions: { HttpTokens: "optional" } }],
    ["with more hops", { MetadataOptions: { HttpTokens: "required", HttpPutResponseHopLimit: 2 } }],
    ["with a role", { IamInstanceProfile: { Name: "admin" } }],
    ["without tags", { TagSpecifications: [] }],
    ["on a disk that is not encrypted", { BlockDeviceMappings: [{ Ebs: { Encrypted: false } }] }],
    [
      "on a disk of another kind",
      { BlockDeviceMappings: [{ Ebs: { Encrypted: true, VolumeType: "io2", VolumeSize: 20 } }] },
    ],
    ["behind the network's own group", { SecurityGroupIds: ["sg-0aaaaaaaaaaaaaaaa"] }],
    ["with a key to log in", { KeyName: "mine" }],
  ])("a launch %s does not", async (_, changes) => {
    expect(await mayLaunch(changes)).toBe(false);
  });

  const { policy, made } = stackWith();
  const bucket = made.get("Bucket")!.attributes["Arn"];
  const machine = arn("instance", "i-0123456789abcdef0");

  test.each(["StartInstances", "StopInstances", "TerminateInstances", "GetConsoleOutput"])(
    "ec2:%s works on machines of this server and on no others",
    (name) => {
      const may = (tags: Record<string, string>) =>
        isAllowed(policy, {
          action: `ec2:${name}`,
          resource: machine,
          context: Object.fromEntries(
            Object.entries(tags).map(([key, value]) => [`ec2:ResourceTag/${key}`, value]),
          ),
        });
      expect(may({ "deferred:owner": URL, "deferred:fleet": "f" })).toBe(true);
      expect(may({})).toBe(false);
      expect(may({ "deferred:owner": URL })).toBe(false);
      expect(may({ "deferred:fleet": "f" })).toBe(false);
      expect(may({ "deferred:owner": "https://b.example", "deferred:fleet": "f" })).toBe(false);
    },
  );

  test.each([
    ["iam:PassRole", `arn:aws:iam::${ACCOUNT}:role/admin`, {}],
    ["ec2:CreateTags", machine, {}],
    ["ec2:CreateTags", arn("instance", "*"), { "ec2:CreateAction": "CreateImage" }],
    ["ec2:ModifyInstanceAttribute", machine, {}],
    ["ec2:DescribeInstances", "*", { "ec2:Region": "us-east-1" }],
    ["s3:PutObject", `${bucket}/index.html`, {}],
    ["s3:PutObject", "arn:aws:s3:::results-of-another/results/a", {}],
    ["s3:PutBucketPolicy", bucket!, {}],
    ["s3:DeleteBucket", bucket!, {}],
    ["cloudformation:UpdateStack", "*", {}],
    ["kms:CreateGrant", `arn:aws:kms:eu-west-1:${ACCOUNT}:key/1`, {}],
  ])("%s on %s is not allowed (%o)", (action, resource, context) => {
    expect(isAllowed(policy, { action, resource, context })).toBe(false);
  });

  test.each(["s3:PutObject", "s3:GetObject", "s3:DeleteObject"])("%s works on files", (action) => {
    for (const file of ["results/run/result.json", "private/run/a.zip", "blocks/a/b/c/d"]) {
      expect(isAllowed(policy, { action, resource: `${bucket}/${file}`, context: {} })).toBe(true);
    }
  });
});

test("every publisher that the server looks for in some partition is allowed", () => {
  const images = stackWith().policy.Statement.find(({ Sid }) => Sid === "LaunchFromImage")!;
  const owners = images.Condition!["StringEquals"]!["ec2:Owner"];
  for (const region of ["eu-west-1", "cn-north-1", "us-gov-west-1"]) {
    for (const family of IMAGE_FAMILIES) {
      const search = imageSearch(family, "x86_64", region) as { owner: string };
      expect(owners).toContain(search.owner);
    }
  }
});

test("a key of one's own may be used by EC2 for disks, and by nothing else", () => {
  const KmsKeyArn = `arn:aws:kms:eu-west-1:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
  const { policy } = stackWith({ KmsKeyArn });
  const may = (action: string, context: Record<string, string>) =>
    isAllowed(policy, { action, resource: KmsKeyArn, context });
  const byEc2 = { "kms:ViaService": "ec2.eu-west-1.amazonaws.com" };
  expect(may("kms:CreateGrant", { ...byEc2, "kms:GrantIsForAWSResource": "true" })).toBe(true);
  expect(may("kms:CreateGrant", byEc2)).toBe(false);
  for (const name of ["Decrypt", "DescribeKey", "GenerateDataKeyWithoutPlaintext", "ReEncryptTo"]) {
    expect(may(`kms:${name}`, byEc2)).toBe(true);
    expect(may(`kms:${name}`, {})).toBe(false);
  }
  expect(may("kms:ScheduleKeyDeletion", byEc2)).toBe(false);
});
