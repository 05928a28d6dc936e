import { EC2Client, RunInstancesCommand, type RunInstancesCommandInput } from "@aws-sdk/client-ec2";
import { describe, expect, onTestFinished, test } from "vitest";
import { serverPolicy } from "../../../server/aws/server-policy.ts";
import { setupPolicy } from "../../../server/aws/setup-policy.ts";
import { readTarget } from "../../../server/aws/target.ts";
import { accessRequests } from "../../services/ec2/authorization.ts";
import { startEc2 } from "../../services/ec2/endpoint.ts";
import { isAllowed } from "../../services/iam.ts";

const URL = "https://runner.example";
const ACCOUNT = "123456789012";
const OWN_IMAGE = "ami-0aaaa000000000001";
const GROUP = "sg-0dddddddddddddddd";
const ENV = { DEFERRED_URL: URL, AWS_REGION: "eu-west-1", DEFERRED_S3_BUCKET: "results-of-mine" };
const KNOWN = { account: ACCOUNT, imageOwner: "136693071363" };

const target = readTarget(ENV);
const policy = serverPolicy(target, KNOWN);
const arn = (kind: string, id: string) => `arn:aws:ec2:eu-west-1:${ACCOUNT}:${kind}/${id}`;

describe("both policies", () => {
  test.each([
    ["server", policy],
    ["server, on spot", serverPolicy(readTarget({ ...ENV, DEFERRED_EC2_MARKET: "spot" }), KNOWN)],
    ["setup", setupPolicy(target, KNOWN)],
  ])("%s: no action is wild, only looking names every resource, and it fits into IAM", (_, one) => {
    for (const { Sid, Action, Resource } of one.Statement) {
      for (const action of Action) expect(action).toMatch(/^[a-z0-9]+:[A-Za-z0-9]+$/);
      if (Sid !== "Look") expect(Resource).not.toContain("*");
    }
    const names = one.Statement.map(({ Sid }) => Sid);
    expect(new Set(names).size).toBe(names.length);
    // What a managed policy may have, blanks not counted.
    expect(JSON.stringify(one).length).toBeLessThan(6144);
  });

  test("the server's, whole", () => {
    expect(policy).toMatchSnapshot();
  });
});

const DISK = {
  DeviceName: "/dev/xvda",
  Ebs: { Encrypted: true, VolumeType: "gp3", VolumeSize: 20 } as const,
};

/** An order as the server sends it, through the SDK and EC2's own check of it. */
async function mayLaunch(
  changes: Partial<RunInstancesCommandInput> = {},
  { url = URL, policyHere = policy, groupOf = URL } = {},
): Promise<boolean> {
  const ec2 = await startEc2({
    allows: (call, store) =>
      accessRequests(call, store).every((request) => isAllowed(policyHere, request)),
  });
  ec2.store.images.push({ ...ec2.store.images.at(-1)!, id: OWN_IMAGE, owner: ACCOUNT });
  const client = new EC2Client({ endpoint: ec2.url, region: ec2.region, credentials: ec2.keys });
  onTestFinished(async () => {
    client.destroy();
    await ec2.close();
  });
  const { vpcId } = ec2.store.subnets[0]!;
  const tags = new Map(groupOf === "" ? [] : [["deferred:owner", groupOf]]);
  const group = { id: GROUP, name: "machines", description: "", vpcId, tags };
  ec2.store.securityGroups.set(GROUP, group);
  const Tags = [
    { Key: "deferred:owner", Value: url },
    { Key: "deferred:fleet", Value: "fleet-1" },
    { Key: "Name", Value: "deferred shared" },
  ];
  const order: RunInstancesCommandInput = {
    MinCount: 1,
    MaxCount: 1,
    ImageId: "ami-0deb13a0000000002",
    InstanceType: "t3.small",
    SecurityGroupIds: [GROUP],
    MetadataOptions: { HttpTokens: "required", HttpEndpoint: "enabled" },
    BlockDeviceMappings: [DISK],
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

describe("with the server's policy", () => {
  test("the server's own order goes through", async () => {
    expect(await mayLaunch()).toBe(true);
  });

  test.each<[string, Partial<RunInstancesCommandInput>]>([
    ["without IMDSv2", { MetadataOptions: { HttpTokens: "optional" } }],
    ["that says nothing of metadata", { MetadataOptions: {} }],
    ["with a role", { IamInstanceProfile: { Name: "admin" } }],
    ["of another type", { InstanceType: "c7i.large" }],
    ["without tags", { TagSpecifications: [] }],
    ["on a disk that is not encrypted", { BlockDeviceMappings: [{ Ebs: { Encrypted: false } }] }],
    [
      "on a disk larger than the one set",
      { BlockDeviceMappings: [{ ...DISK, Ebs: { ...DISK.Ebs, VolumeSize: 21 } }] },
    ],
    ["from an image of a stranger", { ImageId: "ami-0bad13a0000000001" }],
    ["behind the network's own group", { SecurityGroupIds: [] }],
    ["with a key to log in", { KeyName: "mine" }],
    ["on spot, where on-demand is set", { InstanceMarketOptions: { MarketType: "spot" } }],
  ])("a launch %s does not", async (_, changes) => {
    expect(await mayLaunch(changes)).toBe(false);
  });

  test("an image that has an alias is known by it, one of the account's own by its number", async () => {
    const own = { ...ENV, DEFERRED_EC2_AMI: "self:deferred-*" };
    const policyHere = serverPolicy(readTarget(own), { ...KNOWN, imageOwner: ACCOUNT });
    expect(await mayLaunch({}, { policyHere })).toBe(false);
    expect(await mayLaunch({ ImageId: OWN_IMAGE }, { policyHere })).toBe(true);
    expect(await mayLaunch({ ImageId: OWN_IMAGE })).toBe(false);
  });

  test("a launch for another server, or behind another group, does not", async () => {
    expect(await mayLaunch({}, { url: "https://other.example" })).toBe(false);
    expect(await mayLaunch({}, { groupOf: "" })).toBe(false);
  });

  test("spot machines and named subnets are allowed where they are set", async () => {
    const settings = {
      DEFERRED_EC2_MARKET: "spot",
      DEFERRED_EC2_SUBNETS: "subnet-0bbbbbbbbbbbbbbbb",
    };
    const policyHere = serverPolicy(readTarget({ ...ENV, ...settings }), KNOWN);
    const spot = { InstanceMarketOptions: { MarketType: "spot" as const } };
    const there = { ...spot, SubnetId: "subnet-0bbbbbbbbbbbbbbbb" };
    expect(await mayLaunch(there, { policyHere })).toBe(true);
    expect(await mayLaunch(spot, { policyHere })).toBe(false);
  });

  const turn = (action: string, tags: Record<string, string>) =>
    isAllowed(policy, {
      action,
      resource: arn("instance", "i-0123456789abcdef0"),
      context: Object.fromEntries(
        Object.entries(tags).map(([key, value]) => [`ec2:ResourceTag/${key}`, value]),
      ),
    });

  test.each(["ec2:StartInstances", "ec2:StopInstances", "ec2:TerminateInstances"])(
    "%s works on machines of this server and on no others",
    (action) => {
      expect(turn(action, { "deferred:owner": URL, "deferred:fleet": "f" })).toBe(true);
      expect(turn(action, {})).toBe(false);
      expect(turn(action, { "deferred:owner": URL })).toBe(false);
      expect(turn(action, { "deferred:fleet": "f" })).toBe(false);
      expect(
        turn(action, { "deferred:owner": "https://other.example", "deferred:fleet": "f" }),
      ).toBe(false);
    },
  );

  test("a fleet that is named is the only one", () => {
    const narrow = serverPolicy(readTarget(ENV, { fleet: "f1" }), KNOWN);
    const stop = (fleet: string) =>
      isAllowed(narrow, {
        action: "ec2:StopInstances",
        resource: arn("instance", "i-0123456789abcdef0"),
        context: { "ec2:ResourceTag/deferred:owner": URL, "ec2:ResourceTag/deferred:fleet": fleet },
      });
    expect(stop("f1")).toBe(true);
    expect(stop("f2")).toBe(false);
  });

  test.each([
    ["iam:PassRole", `arn:aws:iam::${ACCOUNT}:role/admin`, {}],
    ["ec2:CreateTags", arn("instance", "i-0123456789abcdef0"), {}],
    ["ec2:CreateTags", arn("instance", "*"), { "ec2:CreateAction": "CreateImage" }],
    ["ec2:ModifyInstanceAttribute", arn("instance", "i-0123456789abcdef0"), {}],
    ["ec2:DescribeInstances", "*", { "ec2:Region": "us-east-1" }],
    ["s3:PutObject", "arn:aws:s3:::results-of-mine/index.html", {}],
    ["s3:PutObject", "arn:aws:s3:::results-of-another/results/a", {}],
    ["s3:PutBucketPolicy", "arn:aws:s3:::results-of-mine", {}],
    ["s3:DeleteBucket", "arn:aws:s3:::results-of-mine", {}],
  ])("%s on %s is not allowed (%o)", (action, resource, context) => {
    expect(isAllowed(policy, { action, resource, context })).toBe(false);
  });

  test.each(["s3:PutObject", "s3:GetObject", "s3:DeleteObject"])(
    "%s works on results",
    (action) => {
      const resource = "arn:aws:s3:::results-of-mine/results/run/result.json";
      expect(isAllowed(policy, { action, resource, context: {} })).toBe(true);
    },
  );
});

test("regions of their own AWS get its names", () => {
  const china = serverPolicy(readTarget({ ...ENV, AWS_REGION: "cn-north-1" }), KNOWN);
  const resources = china.Statement.flatMap(({ Resource }) => Resource);
  expect(resources.filter((one) => one.startsWith("arn:aws:"))).toEqual([]);
});

test("a server that keeps files itself, or runs machines itself, gets no right for the other", () => {
  const actions = (env: Record<string, string>) =>
    serverPolicy(readTarget({ ...ENV, ...env }), KNOWN).Statement.flatMap(({ Action }) => Action);
  expect(actions({ DEFERRED_COMPUTE: "local" }).every((one) => one.startsWith("s3:"))).toBe(true);
  expect(actions({ DEFERRED_STORAGE: "fs" }).some((one) => one.startsWith("s3:"))).toBe(false);
});
