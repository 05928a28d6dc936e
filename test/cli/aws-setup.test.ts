import { expect, test } from "vitest";
import { readServerSettings } from "../../server/main.ts";
import { eventually } from "../eventually.ts";
import { ec2SettingsOf } from "../server/providers/opened.ts";
import { printed, startAws } from "./aws.ts";
import { deferred, startDeferred } from "./deferred.ts";

const SETUP = ["setup", "--yes"];

test("setup shows what it would make, makes it, and a second time leaves all of it", async () => {
  const { aws, cloudformation, ec2, stack, url } = await startAws();
  const first = await aws(SETUP);
  expect(first.stderr).toMatch(/^A new stack deferred-127-0-0-1-\d+ would$/m);
  expect(first.stderr).toMatch(/^ +make +Bucket +AWS::S3::Bucket$/m);
  expect(first.stderr).toMatch(/^ +make +Sweeper +AWS::Lambda::Function$/m);
  expect(first.stderr).toMatch(/^create complete {2}LaunchTemplate \(AWS::EC2::LaunchTemplate\)$/m);
  expect(first.stderr).toMatch(/aws iam create-access-key --user-name deferred-127/);
  expect(first.code).toBe(0);
  expect(stack()!.status).toBe("CREATE_COMPLETE");

  const settings = readServerSettings(printed(first.stdout));
  const used = ec2SettingsOf(printed(first.stdout));
  expect(settings).toMatchObject({
    url,
    provider: { name: "ec2" },
    storage: "s3",
    retentionDays: 30,
  });
  expect(settings.s3.bucket).toMatch(/^deferred-127-0-0-1-\d+-bucket-/);
  expect(settings.resultsUrl).toMatch(/^https:\/\/d\w+\.cloudfront\.net$/);
  expect(used.subnets).toEqual(ec2.store.subnets.map(({ id }) => id));
  const group = ec2.store.securityGroups.get(used.securityGroup)!;
  const ports = group.rules!.outbound.map(({ from }) => from);
  expect(new Set(ports)).toEqual(new Set([443, 80, 22, Number(new URL(url).port)]));
  expect(ec2.store.launchTemplates.has(used.launchTemplate!.id)).toBe(true);

  const second = await aws(["setup"]);
  expect(second.code).toBe(0);
  expect(second.stderr).toContain("is as it should be");
  expect(second.stdout).toBe(first.stdout);
  expect(cloudformation.calls.filter((call) => call === "ExecuteChangeSet")).toHaveLength(1);
});

test("setup asks, and where nobody can answer, or a look is all that was asked for, nothing is made", async () => {
  const { aws, cloudformation, stack } = await startAws();
  const { code, stderr } = await aws(["setup"]);
  expect(code).toBe(1);
  expect(stderr).toContain("hint: add --yes");
  const look = await aws(["setup", "--dry-run"]);
  expect(look.code).toBe(0);
  expect(look.stderr).toMatch(/^ +make +Distribution/m);
  expect(look.stdout).toBe("");
  await eventually(async () => (stack() === undefined ? true : undefined));
  expect(cloudformation.calls).not.toContain("ExecuteChangeSet");
});

test("what is said is changed, what is not said stays as it was", async () => {
  const { aws, ec2, stack } = await startAws();
  const ssh = ["--set", "GitOverSsh=no", "--set", "MonthlyUsd=20"];
  const mail = ["--set", "AlarmMail=me@example.org"];
  await aws([...SETUP, ...ssh, ...mail, "--types", "t3.small"], { DEFERRED_EC2_DISK_GB: "40" });
  const before = stack()!;
  expect(before.parameters).toMatchObject({ GitOverSsh: "no", DiskGiB: "40" });

  const changed = await aws([...SETUP, "--types", "t3.medium,t3.small"], {
    DEFERRED_RETENTION_DAYS: "365",
  });
  expect(changed.code).toBe(0);
  expect(changed.stderr).toMatch(/^ +change +MachinesPolicy +AWS::IAM::ManagedPolicy$/m);
  expect(changed.stderr).toMatch(/^ +change +Bucket +AWS::S3::Bucket$/m);
  expect(changed.stderr).not.toMatch(/^ +(make|replace|remove) /m);
  expect(stack()!.parameters).toMatchObject({
    GitOverSsh: "no",
    DiskGiB: "40",
    InstanceTypes: "t3.medium,t3.small",
    RetentionDays: "365",
    LifecycleDays: "366",
  });
  expect(stack()!.id).toBe(before.id);

  // What another version's template took is not sent to this one's.
  stack()!.parameters["Colour"] = "red";
  // A change of the launch template is another version, which outdates machines of the last.
  const group = before.outputs["Environment"]!;
  expect(group).toMatch(/LAUNCH_TEMPLATE=lt-\w+:1$/m);
  const ephemeral = await aws([...SETUP, "--lifecycle", "ephemeral"]);
  expect(printed(ephemeral.stdout)["DEFERRED_EC2_LAUNCH_TEMPLATE"]).toMatch(/^lt-\w+:2$/);
  expect([...ec2.store.launchTemplates.values()][0]).toHaveLength(2);
});

test("a bucket that another one takes the place of is shown as that", async () => {
  const { aws } = await startAws();
  await aws(SETUP);
  const { stderr } = await aws(["setup", "--dry-run", "--set", "BucketName=results-of-mine"]);
  expect(stderr).toMatch(/^ +replace +Bucket +AWS::S3::Bucket$/m);
  expect(stderr).toContain("The old bucket stays, with all results");
});

test("a failure is told with its reason, and the next setup begins anew", async () => {
  const { aws, cloudformation, ec2, stack } = await startAws();
  const reason = "Your account must be verified before you can add new CloudFront resources.";
  cloudformation.failures.set("Distribution", reason);
  const { code, stderr, stdout } = await aws(SETUP);
  expect(code).toBe(1);
  expect(stdout).toBe("");
  expect(stderr).toContain(
    `error: the stack is rollback complete because something failed, and what was done for it is undone:\n  Distribution (AWS::CloudFront::Distribution): ${reason}`,
  );
  expect(stderr).not.toContain("Another (AWS::EC2::Subnet)\n");
  expect(stderr).toMatch(/^hint: correct what it names, then run deferred aws setup again$/m);
  expect(stack()!.status).toBe("ROLLBACK_COMPLETE");
  expect(ec2.store.launchTemplates.size).toBe(0);

  cloudformation.failures.clear();
  const look = await aws(["setup", "--dry-run"]);
  expect(look.stderr).toContain("is what an attempt that failed left");
  expect(stack()!.status).toBe("ROLLBACK_COMPLETE");
  const again = await aws(SETUP);
  expect(again.stderr).toContain("removing what the attempt that failed left");
  expect(again.code).toBe(0);
  expect(stack()!.status).toBe("CREATE_COMPLETE");
});

test("an update that fails leaves the stack as it was", async () => {
  const { aws, cloudformation, stack } = await startAws();
  const first = await aws(SETUP);
  cloudformation.failures.set("MachinesPolicy", "LimitExceeded");
  const { code, stderr } = await aws([...SETUP, "--types", "t3.medium"]);
  expect(code).toBe(1);
  expect(stderr).toContain("the stack is update rollback complete because something failed");
  expect(stderr).toContain("MachinesPolicy (AWS::IAM::ManagedPolicy): LimitExceeded");
  expect(stack()!.parameters["InstanceTypes"]).toBe("t3.small,t3a.small");
  cloudformation.failures.clear();
  expect((await aws(SETUP)).stdout).toBe(first.stdout);
});

test("a setup that was killed in the middle is followed to its end by the next", async () => {
  const { aws, env, cloudformation, stack } = await startAws();
  const { child, ended } = startDeferred(["aws", ...SETUP], { env });
  await eventually(async () => cloudformation.calls.includes("ExecuteChangeSet") || undefined);
  child.kill("SIGKILL");
  await ended;
  const { code, stderr, stdout } = await aws(SETUP);
  expect(code).toBe(0);
  expect(stderr).toContain("is as it should be");
  expect(stdout).toContain("DEFERRED_COMPUTE=ec2\n");
  expect(stack()!.status).toBe("CREATE_COMPLETE");
});

test("another server's stack is not touched, and one of another name is made beside it", async () => {
  const { aws, cloudformation } = await startAws();
  await aws([...SETUP, "--stack", "runner"]);
  const other = await aws([...SETUP, "--stack", "runner", "--url", "https://other.example"]);
  expect(other.code).toBe(1);
  expect(other.stderr).toMatch(/error: the stack runner is of http:\/\/127/);
  expect(other.stderr).toContain("hint: name another with --stack");
  expect((await aws([...SETUP, "--url", "https://other.example"])).code).toBe(0);
  expect(cloudformation.stacks.map(({ name }) => name)).toEqual([
    "deferred-other-example",
    "runner",
  ]);
});

test("parameters that the stack does not take are told in CloudFormation's words", async () => {
  const { aws, stack } = await startAws();
  const errorOf = async (...said: string[]) => {
    const { code, stderr } = await aws([...SETUP, ...said.flatMap((one) => ["--set", one])]);
    expect(code).toBe(1);
    return stderr;
  };
  expect(await errorOf("Colour=red")).toContain(
    "Parameters: [Colour] do not exist in the template",
  );
  expect(await errorOf("Results=ftp")).toContain("Parameter 'Results' must be one of");
  expect(await errorOf("Image=windows")).toContain("has to be debian-12, debian-13");
  expect(await errorOf("Market=spot")).toContain("Spot machines can't be stopped");
  expect(await errorOf("MonthlyUsd=20")).toContain("MonthlyUsd needs AlarmMail");
  expect(await errorOf("AlarmMail=me@example.org")).toContain("AlarmMail needs MonthlyUsd");
  expect(stack()).toBeUndefined();
  const usage = await aws([...SETUP, "--set", "GitOverSsh"]);
  expect(usage.code).toBe(2);
  expect(usage.stderr).toContain("--set takes NAME=VALUE");
  const owner = await aws([...SETUP, "--set", "ServerUrl=https://other.example"]);
  expect(owner.stderr).toContain("use --url");
});

test("spot is ephemeral by itself, and settings that go together wrongly are told at once", async () => {
  const { aws, stack } = await startAws();
  await aws([...SETUP, "--market", "spot"]);
  expect(stack()!.parameters).toMatchObject({ Market: "spot", Lifecycle: "ephemeral" });
  const options = ["--region", "nowhere", "--url", "http://runner.example", "--lifecycle", "warm"];
  const { code, stderr } = await aws([...SETUP, "--market", "spot", ...options]);
  expect(code).toBe(1);
  expect(stderr).toContain("AWS_REGION, or --region, has to name a region");
  expect(stderr).toContain("DEFERRED_URL has to be an https address");
  expect(stderr).toContain("can't be warm with spot machines");
});

test("the network is that of the subnets; an account without one is told how to have one", async () => {
  const { aws, ec2, stack } = await startAws();
  const other = { ...ec2.store.subnets[0]!, id: "subnet-0eeeeeeeeeeeeeeee", isDefault: false };
  ec2.store.subnets.push({ ...other, vpcId: "vpc-0bbbbbbbbbbbbbbbb" });
  const named = ["--subnets", other.id];
  expect((await aws([...SETUP, ...named])).code).toBe(0);
  expect(stack()!.parameters).toMatchObject({ Vpc: "vpc-0bbbbbbbbbbbbbbbb", Subnets: other.id });
  const two = ["--subnets", `${other.id},${ec2.store.subnets[0]!.id}`];
  expect((await aws([...SETUP, ...two])).stderr).toContain("the subnets lie in several networks");

  ec2.store.subnets.splice(0, 3);
  const elsewhere = ["--stack", "another"];
  const { stderr } = await aws([...SETUP, ...elsewhere]);
  expect(stderr).toContain("error: eu-west-1 has no default network");
  expect(stderr).toContain("--set MakeNetwork=yes");
  const own = [...SETUP, ...elsewhere, "--set", "MakeNetwork=yes"];
  expect((await aws([...own, ...named])).stderr).toContain("makes subnets, and others are named");
  const made = await aws(own);
  expect(made.code).toBe(0);
  const { DEFERRED_EC2_SUBNETS } = printed(made.stdout);
  // Given to the server, they are not taken for subnets of somebody else's network.
  const again = await aws([...SETUP, ...elsewhere], {
    DEFERRED_EC2_SUBNETS: DEFERRED_EC2_SUBNETS!,
  });
  expect(again.stderr).toContain("is as it should be");
});

test("where files or machines are elsewhere, the stack has nothing for them", async () => {
  const { aws, stack } = await startAws();
  await aws(SETUP, { AWS_ENDPOINT_URL_S3: "http://127.0.0.1:9", DEFERRED_COMPUTE: "local" });
  expect(stack()!.parameters).toMatchObject({ Results: "none", Machines: "no" });
  expect([...stack()!.resources.keys()]).toEqual(["User"]);
});

test.each([
  ["cn-north-1", false],
  ["eusc-de-east-1", false],
  ["us-gov-west-1", false],
  ["mx-central-1", true],
])("in %s results are behind CloudFront: %s", async (region, isThere) => {
  const { aws } = await startAws();
  const { stderr, code } = await aws(["setup", "--dry-run", "--region", region]);
  expect(code).toBe(0);
  expect(/make +Distribution/.test(stderr)).toBe(isThere);
  expect(stderr).toMatch(/make +Bucket/);
});

test.each([["AKIDUNKNOWN", "AWS does not accept these credentials"]])(
  "credentials of %s are told in a sentence",
  async (AWS_ACCESS_KEY_ID, sentence) => {
    const { aws } = await startAws();
    const { code, stderr } = await aws(SETUP, { AWS_ACCESS_KEY_ID });
    expect(code).toBe(1);
    expect(stderr).toContain(`error: ${sentence}`);
    expect(stderr).toMatch(/^hint: /m);
  },
);

test("the template is printed as it is in the package; words aws does not know are mistakes", async () => {
  const { code, stdout } = await deferred(["aws", "template"]);
  expect(code).toBe(0);
  expect(stdout).toContain("AWSTemplateFormatVersion");
  expect((await deferred(["aws"])).code).toBe(2);
  const unknown = await deferred(["aws", "plan"]);
  expect(unknown.code).toBe(2);
  expect(unknown.stderr).toContain("there are setup, template, doctor, teardown");
});
