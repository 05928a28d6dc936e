import { afterEach, expect, test, vi } from "vitest";
import { createClients } from "../../../server/aws/clients.ts";
import { doctor } from "../../../server/aws/doctor/doctor.ts";
import { findGroup } from "../../../server/aws/network.ts";
import { serverPolicy } from "../../../server/aws/server-policy.ts";
import { setupSteps } from "../../../server/aws/setup.ts";
import { readTarget } from "../../../server/aws/target.ts";
import { BUCKET, startAws, type AwsOptions } from "../../cli/aws.ts";
import { accessRequests } from "../../services/ec2/authorization.ts";
import type { Call } from "../../services/ec2/endpoint.ts";
import type { Store, Subnet } from "../../services/ec2/store.ts";
import { isAllowed } from "../../services/iam.ts";
import { eventually } from "../../eventually.ts";
import { specOf } from "../../contract/compute.ts";
import { computeOn } from "../compute/opened.ts";

afterEach(() => vi.unstubAllEnvs());

const ACCOUNT = "123456789012";

/** An account that setup prepared, used by the server's own policy, and what doctor says of it. */
async function prepared(
  settings: Record<string, string> = {},
  options: AwsOptions & { subnets?: Subnet[] } = {},
) {
  let allows: ((call: Call, store: Store) => boolean) | undefined;
  const ec2 = { allows: (call: Call, store: Store) => allows?.(call, store) ?? true };
  const account = await startAws({ ...options, ec2 });
  account.ec2.store.subnets.push(...(options.subnets ?? []));
  for (const [name, value] of Object.entries(account.env)) vi.stubEnv(name, value);
  // The endpoint stands in for AWS itself: the SDK finds it, and nothing else knows of it.
  const { AWS_ENDPOINT_URL_S3, ...env } = account.env;
  const target = readTarget({
    ...env,
    DEFERRED_RESULTS_URL: `${AWS_ENDPOINT_URL_S3}/${BUCKET}`,
    ...settings,
  });
  const clients = createClients(target);
  const settingUp = { account: ACCOUNT, adopt: false, sleep: async () => {} };
  for (const step of (await setupSteps(clients, target, settingUp)).steps) await step.run();
  const group = await findGroup(clients, target);
  const used = {
    ...target,
    ec2: { ...target.ec2, securityGroup: settings["DEFERRED_EC2_SECURITY_GROUP"] ?? group!.id },
  };
  const known = { account: ACCOUNT, securityGroup: group!.id, imageOwner: "136693071363" };
  const policy = serverPolicy(used, known);
  allows = (call, store) =>
    accessRequests(call, store).every((request) => isAllowed(policy, request));
  return {
    ...account,
    target: used,
    group: () => account.ec2.store.securityGroups.get(group!.id)!,
    beAdministrator: () => (allows = undefined),
    /** Findings but for those that are well, as `state check: words`. */
    async findings(now = Date.now) {
      const found: string[] = [];
      const fixes: string[] = [];
      for await (const { check, state, says, fix } of doctor(clients, used, now)) {
        if (state === "ok" || state === "skipped") continue;
        found.push(`${state} ${check}: ${says}`);
        fixes.push(fix!);
      }
      return { found, fixes };
    },
  };
}

test("an account as setup left it, with the server's least policy, has nothing to be said about", async () => {
  const { findings } = await prepared();
  // The test's own server is on this machine, without https.
  expect((await findings()).found).toEqual([
    "warning server: its address is not https, which only a server on this very machine may be",
  ]);
});

test("credentials that may do more are worth a warning, the root user's even more", async () => {
  const { findings, beAdministrator } = await prepared(
    {},
    {
      account: { arn: `arn:aws:iam::${ACCOUNT}:root` },
    },
  );
  beAdministrator();
  const { found, fixes } = await findings();
  expect(found).toContain(
    `warning credentials: arn:aws:iam::${ACCOUNT}:root: the account's root user, who may do everything`,
  );
  expect(found).toContain(
    "warning rights: these credentials may also launch machines with the old metadata service and make security groups",
  );
  expect(fixes[0]).toContain("make an IAM user with the policy that deferred aws plan prints");
});

test("a launch that the policy does not allow names the action and its statements", async () => {
  const { findings, ec2 } = await prepared();
  ec2.faults.next("RunInstances", "UnauthorizedOperation");
  const { found, fixes } = await findings();
  expect(found[0]).toBe(
    "failed launch: t3.small would not be launched: these credentials may not ec2:RunInstances",
  );
  expect(fixes[0]).toContain("ec2:RunInstances is in LaunchMachines, LaunchWithVolumes");
});

test("a security group that lets in, or lets nothing out, is found", async () => {
  const { findings, group } = await prepared();
  const rule = { protocol: "tcp", from: 22, to: 22, kind: "ipv4" as const, peer: "0.0.0.0/0" };
  group().rules = { inbound: [rule], outbound: [] };
  const { found } = await findings();
  expect(found[0]).toMatch(/^warning security group: sg-\w+ lets in tcp 22, 0\.0\.0\.0\/0$/);
  expect(found[1]).toMatch(
    /^failed security group: sg-\w+ lets nothing out to port 443 and 80 and/,
  );
});

test("a group, a type, an image and a subnet that are not there are found", async () => {
  const gone = await prepared();
  gone.ec2.store.securityGroups.delete(gone.target.ec2.securityGroup);
  gone.ec2.store.types.splice(0, 10);
  gone.ec2.store.subnets.splice(0, 10);
  const { found } = await gone.findings();
  expect(found[0]).toMatch(/^failed security group: there is no sg-\w+ in eu-west-1$/);
  expect(found[1]).toBe("failed subnets: eu-west-1 has no default subnet");
  expect(found[2]).toMatch(/^failed machines: eu-west-1 does not have all of the types/);
});

test("an image there is none of for a type's kind of processor is found", async () => {
  const { findings, ec2 } = await prepared({ DEFERRED_EC2_TYPES: "t3.small,t4g.small" });
  const images = ec2.store.images.filter(({ architecture }) => architecture !== "arm64");
  ec2.store.images.splice(0, 20, ...images);
  expect((await findings()).found[0]).toBe("failed image: debian-13 gives no image for arm64");
});

test("subnets without public addresses are worth a warning", async () => {
  const id = "subnet-0eeeeeeeeeeeeeeee";
  const vpcId = "vpc-0bbbbbbbbbbbbbbbb";
  const subnet = { id, vpcId, zone: "eu-west-1a", isDefault: false, tags: new Map() };
  const { findings } = await prepared({ DEFERRED_EC2_SUBNETS: id }, { subnets: [subnet] });
  const { found, fixes } = await findings();
  expect(found[0]).toBe(`warning subnets: machines in ${id} get no public address`);
  expect(fixes[0]).toContain("NAT gateway");
});

test("too few processors, and a quota that can't be read, are told with what is needed", async () => {
  const few = await prepared({}, { account: { quotas: { "L-1216C47A": 2 } } });
  const { found, fixes } = await few.findings();
  expect(found[0]).toBe("failed quota: 2 vCPUs on-demand; 2 machines in a pool need 4");
  expect(fixes[0]).toContain("--quota-code L-1216C47A --desired-value 4");
});

test("spot needs its own quota, and on-demand's for when there is no spot", async () => {
  const spot = await prepared(
    { DEFERRED_EC2_MARKET: "spot" },
    {
      account: { quotas: { "L-1216C47A": 8 } },
    },
  );
  expect((await spot.findings()).found[0]).toMatch(/^warning quota: it could not be read/);
});

test("a bucket whose settings were changed, one that is gone and a stranger's are found", async () => {
  const { findings, bucket, s3 } = await prepared();
  bucket()!.settings.delete("cors");
  bucket()!.settings.delete("lifecycle");
  const { found } = await findings();
  expect(found.slice(0, 3)).toEqual([
    "warning bucket's lifecycle: not set: files stay until you remove them: remove those older than 30 days by a timer",
    "failed bucket's cors: not as it should be",
    "failed pages: pages may not show results: the answer has no Access-Control-Allow-Origin",
  ]);
  s3.give(BUCKET, { owner: "999999999999" });
  expect((await findings()).found[0]).toContain(`failed bucket: ${BUCKET} is not this server's`);
  s3.buckets.delete(BUCKET);
  expect((await findings()).found[0]).toBe(`failed bucket: there is no bucket ${BUCKET}`);
});

test("results nobody can read, a bucket anybody can list, and open private files are found", async () => {
  const { findings, bucket } = await prepared();
  const { settings } = bucket()!;
  const ours = settings.get("policy")!;
  const statement = (Action: string, Resource: string) => ({
    Effect: "Allow",
    Principal: "*",
    Action,
    Resource,
  });
  const open = [
    statement("s3:ListBucket", `arn:aws:s3:::${BUCKET}`),
    statement("s3:GetObject", `arn:aws:s3:::${BUCKET}/private/*`),
  ];
  const policy = JSON.parse(ours) as { Statement: object[] };
  settings.set("policy", JSON.stringify({ ...policy, Statement: [...policy.Statement, ...open] }));
  expect((await findings()).found.slice(0, 2)).toEqual([
    "failed private files: anybody may read private/*, where files of projects' own commands are",
    "failed public list: anybody may list the bucket, and with that find every result",
  ]);

  settings.set("policy", ours);
  const lock = settings.get("publicAccessBlock")!;
  settings.set(
    "publicAccessBlock",
    lock.replace("<RestrictPublicBuckets>false", "<RestrictPublicBuckets>true"),
  );
  const { found, fixes } = await findings();
  expect(found[0]).toBe("failed bucket's public access: not as it should be");
  expect(found[1]).toMatch(
    /^failed public read: results are not to be read without a signature: status 403/,
  );
  expect(fixes[1]).toContain("the account blocks public policies");
  expect(bucket()!.objects.size).toBe(0);
});

test("a stopped machine of this server would be started, another server's is not even asked about", async () => {
  const { findings, ec2, target } = await prepared();
  const { compute } = computeOn(ec2, {
    serverUrl: target.url,
    securityGroup: target.ec2.securityGroup,
  });
  const { providerId } = await compute.launch(specOf("l1"));
  await compute.stop(providerId);
  await eventually(
    async () => ec2.store.instances.get(providerId)?.state === "stopped" || undefined,
  );
  expect((await findings()).found).toHaveLength(1);
  const asked = () =>
    ec2.callsOf("StartInstances").filter(({ parameters }) => parameters.flag("DryRun"));
  expect(asked()).toHaveLength(1);
  expect(ec2.store.instances.get(providerId)?.state).toBe("stopped");

  ec2.faults.next("StartInstances", "UnauthorizedOperation");
  expect((await findings()).found[0]).toContain(
    `failed start: ${providerId} would not be started: these credentials may not ec2:StartInstances`,
  );
});

test("a clock that is wrong is found", async () => {
  const { findings } = await prepared();
  const { found } = await findings(() => Date.now() - 120_000);
  expect(found[0]).toMatch(/^warning clock: this machine's clock is 1[12]\d s behind$/);
});

test("a server that does not answer as it should is found", async () => {
  const { findings } = await prepared({}, { health: 301 });
  expect((await findings()).found[0]).toMatch(
    /^failed server: .*\/healthz answers with status 301$/,
  );
});

test("credentials that AWS does not know end everything that needs them, and nothing else", async () => {
  const { findings } = await prepared();
  vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIDUNKNOWN");
  expect((await findings()).found).toEqual([
    "failed credentials: AWS does not accept these credentials",
    expect.stringMatching(/^warning server/),
  ]);
});
