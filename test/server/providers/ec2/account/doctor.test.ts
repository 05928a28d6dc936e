import { afterEach, expect, test, vi } from "vitest";
import { createClients } from "../../../../../server/providers/ec2/account/clients.ts";
import { diagnoseAccount } from "../../../../../server/providers/ec2/account/doctor/doctor.ts";
import { readStatements } from "../../../../../server/providers/ec2/account/stack/statements.ts";
import { readTarget } from "../../../../../server/providers/ec2/account/target.ts";
import { startAws, type AwsOptions } from "../../../../cli/aws.ts";
import { heldTo } from "../../../../services/ec2/authorization.ts";
import type { Store } from "../../../../services/ec2/store.ts";
import type { Document } from "../../../../services/iam.ts";
import { eventually } from "../../../../eventually.ts";
import { specOf } from "../../../../contract/compute.ts";
import { stackWith, TEMPLATE_TEXT } from "../../../../infra/stack.ts";
import { computeOn } from "../../opened.ts";

afterEach(() => vi.unstubAllEnvs());

const ACCOUNT = "123456789012";

/** An account with the server's stack, used by what its policies allow, and what doctor says of it. */
async function prepared(
  settings: Record<string, string> = {},
  {
    parameters = {},
    prepare,
    ...options
  }: AwsOptions & {
    parameters?: Record<string, string>;
    prepare?: (store: Store) => void;
  } = {},
) {
  let policy: Document | undefined;
  const account = await startAws({ ...options, ec2: { refused: heldTo(() => policy) } });
  prepare?.(account.ec2.store);
  const server = { ServerUrl: account.url, ServerPort: new URL(account.url).port };
  const stack = stackWith({ ...server, ...parameters }, account.ec2.store);
  const env: Record<string, string> = {
    ...account.env,
    ...stack.environment,
    ...account.s3.env,
    ...settings,
  };
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  // The endpoint stands in for AWS itself: the SDK finds it, and nothing else knows of it.
  const target = readTarget({ ...env, AWS_ENDPOINT_URL_S3: undefined });
  const clients = createClients(target);
  policy = stack.policy;
  const statements = readStatements(TEMPLATE_TEXT);
  return {
    ...account,
    target,
    group: () => account.ec2.store.securityGroups.get(target.ec2.securityGroup)!,
    beAdministrator: () => (policy = undefined),
    /** Findings but for those that are well, as `state check: words`. */
    async findings(now = Date.now) {
      const found: string[] = [];
      const fixes: string[] = [];
      const skipped: string[] = [];
      for await (const one of diagnoseAccount(clients, target, { statements, now })) {
        const { check, state, says, fix } = one;
        if (state === "skipped") skipped.push(`${check}: ${says}`);
        if (state === "ok" || state === "skipped") continue;
        found.push(`${state} ${check}: ${says}`);
        fixes.push(fix!);
      }
      return { found, fixes, skipped };
    },
  };
}

test("an account as the stack makes it, with the server's least policies, has nothing to be said about", async () => {
  const { findings } = await prepared();
  // The test's own server is on this machine, without https.
  expect((await findings()).found).toEqual([
    "warning server: its address is not https, which only a server on this very machine may be",
  ]);
});

test.each(["ubuntu-24.04", "self:ours-*", "ami-0cafe24a000000001"])(
  "%s would be launched with the disk at its own root device",
  async (image) => {
    const { findings } = await prepared(
      { DEFERRED_EC2_AMI: image },
      {
        parameters: { Image: image },
        prepare({ images }) {
          const { ownerAlias: _, ...ubuntu } = images.find(({ name }) =>
            /noble.*amd64/.test(name),
          )!;
          images.push({ ...ubuntu, id: "ami-0aaaa000000000001", name: "ours-1", owner: ACCOUNT });
        },
      },
    );
    expect((await findings()).found).toHaveLength(1);
  },
);

test("credentials that may do more are worth a warning, the root user's even more", async () => {
  const { findings, beAdministrator } = await prepared(
    {},
    { account: { arn: `arn:aws:iam::${ACCOUNT}:root` } },
  );
  beAdministrator();
  const { found, fixes } = await findings();
  expect(found).toContain(
    `warning credentials: arn:aws:iam::${ACCOUNT}:root: the account's root user, who may do everything`,
  );
  expect(found).toContain(
    "warning rights: these credentials may also launch machines with the old metadata service and make security groups",
  );
  expect(fixes[0]).toContain("the user that deferred aws setup makes");
});

test("a launch that is refused names the statement that should allow it, and what it depends on", async () => {
  const { findings } = await prepared(
    { DEFERRED_EC2_DISK_GB: "100", DEFERRED_EC2_TYPES: "t3.small" },
    { parameters: { InstanceTypes: "t3.small" } },
  );
  const { found, fixes } = await findings();
  expect(found[0]).toBe(
    "failed launch: t3.small would not be launched: these credentials may not ec2:RunInstances on volume/*",
  );
  expect(fixes[0]).toMatch(
    /^LaunchWithVolumes in the stack's policy allows it where the stack's ServerUrl and DiskGiB are what the server is set to: run deferred aws setup/,
  );
});

test("a launch template that is gone is told with what to do", async () => {
  const { findings } = await prepared({ DEFERRED_EC2_LAUNCH_TEMPLATE: "lt-0eeeeeeeeeeeeeeee:1" });
  const { found, fixes } = await findings();
  expect(found[0]).toContain("DEFERRED_EC2_LAUNCH_TEMPLATE names none that is there");
  expect(fixes[0]).toContain("run deferred aws setup");
});

test("one type that is refused is a warning as long as another would be launched", async () => {
  const { findings } = await prepared(
    { DEFERRED_EC2_TYPES: "t3.small,c7i.large" },
    { parameters: { InstanceTypes: "t3.small" } },
  );
  const { found, fixes } = await findings();
  expect(found[0]).toContain("warning launch: c7i.large would not be launched");
  expect(fixes[0]).toContain("LaunchMachines");
  expect(fixes[0]).toContain("InstanceTypes");
});

test("types that the region does not have are told, and the others are tried", async () => {
  const { findings } = await prepared(
    {},
    {
      prepare: ({ types }) =>
        types.splice(
          types.findIndex(({ name }) => name === "t3a.small"),
          1,
        ),
    },
  );
  const { found, fixes } = await findings();
  expect(found[0]).toBe("warning types: eu-west-1 does not have t3a.small");
  expect(fixes[0]).toContain("take out of DEFERRED_EC2_TYPES");
  expect(found).toHaveLength(2);
});

test("a security group that lets in, lets nothing out, or no git over ssh, is found", async () => {
  const { findings, group } = await prepared();
  const [first, ...others] = group().rules!.outbound;
  group().rules!.outbound = [first!, ...others].filter(({ from }) => from !== 22);
  expect((await findings()).found[0]).toMatch(
    /^warning git over ssh: sg-\w+ lets nothing out to port 22/,
  );
  const rule = { protocol: "tcp", from: 22, to: 22, kind: "ipv4" as const, peer: "0.0.0.0/0" };
  group().rules = { inbound: [rule], outbound: [] };
  const { found } = await findings();
  expect(found[0]).toMatch(/^warning security group: sg-\w+ lets in tcp 22, 0\.0\.0\.0\/0$/);
  expect(found[1]).toMatch(
    /^failed security group: sg-\w+ lets nothing out to port 443 and 80 and/,
  );
});

test("a group, types, an image and subnets that are not there are found", async () => {
  const gone = await prepared();
  gone.ec2.store.securityGroups.delete(gone.target.ec2.securityGroup);
  gone.ec2.store.types.splice(0, 10);
  gone.ec2.store.subnets.splice(0, 10);
  const { found, fixes } = await gone.findings();
  expect(found[0]).toMatch(/^failed security group: there is no sg-\w+ in eu-west-1$/);
  expect(found[1]).toBe("failed subnets: eu-west-1 has no default subnet");
  expect(fixes[1]).toContain("--set MakeNetwork=yes");
  expect(found[2]).toBe("failed types: eu-west-1 does not have t3.small and t3a.small");
});

test("an image there is none of for a type's kind of processor is found", async () => {
  const { findings, ec2 } = await prepared({ DEFERRED_EC2_TYPES: "t3.small,t4g.small" });
  const images = ec2.store.images.filter(({ architecture }) => architecture !== "arm64");
  ec2.store.images.splice(0, 20, ...images);
  const { found } = await findings();
  expect(found[0]).toMatch(/^failed image: debian-13 gives none for t4g\.small: /);
});

test("subnets without public addresses, or with IPv6 alone, are worth a warning", async () => {
  const [shut, only6] = ["subnet-0eeeeeeeeeeeeeeee", "subnet-0ffffffffffffffff"];
  const { findings } = await prepared(
    { DEFERRED_EC2_SUBNETS: `${shut},${only6}` },
    {
      prepare({ subnets }) {
        const one = { ...subnets[0]!, isDefault: false };
        subnets.push({ ...one, id: shut }, { ...one, id: only6, ipv6: "only" });
      },
    },
  );
  const { found, fixes } = await findings();
  expect(found[0]).toBe(
    `warning subnets: machines in ${only6} have IPv6 alone: GitHub and many others are not reached`,
  );
  expect(fixes[0]).toContain("NAT64");
  expect(found[1]).toBe(`warning subnets: machines in ${shut} get no public IPv4 address`);
  expect(fixes[1]).toContain("NAT gateway");
});

test.each([
  [1, "failed quota: 1 vCPUs on-demand are 0 machines at a time"],
  [2, "failed quota: 2 vCPUs on-demand are 1 machine at a time"],
  [5, "warning quota: 5 vCPUs on-demand are 2 machines at a time"],
])("a quota of %i vCPUs is told in machines, for all pools", async (quota, words) => {
  const few = await prepared({}, { account: { quotas: { "L-1216C47A": quota } } });
  const { found, fixes } = await few.findings();
  expect(found[0]).toContain(words);
  expect(found[0]).toContain("each project and its strangers have a pool of their own, of up to 2");
  expect(fixes[0]).toContain("--quota-code L-1216C47A --desired-value 8");
});

test("spot needs its own quota, on-demand's for when there is none, and a role that nothing shows", async () => {
  const spot = await prepared(
    { DEFERRED_EC2_MARKET: "spot", DEFERRED_EC2_LIFECYCLE: "ephemeral" },
    {
      account: { quotas: { "L-1216C47A": 8 } },
      parameters: { Market: "spot", Lifecycle: "ephemeral" },
    },
  );
  const { found, skipped } = await spot.findings();
  expect(found[0]).toMatch(/^warning quota: it could not be read/);
  expect(skipped.join("\n")).toContain("deferred aws setup --set MakeSpotRole=yes");
});

test("a default key of the account's own is told, with how the server gets rights on it", async () => {
  const key = `arn:aws:kms:eu-west-1:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
  const { findings, ec2 } = await prepared();
  ec2.store.defaultKey = key;
  const { found, fixes } = await findings();
  expect(found[0]).toBe(
    `warning disks: 20 GB each, encrypted with ${key}, which the server needs rights on`,
  );
  expect(fixes[0]).toContain(`--set KmsKeyArn=${key}`);
});

test("an account on the free plan is told which types it has", async () => {
  const { findings, ec2 } = await prepared({ DEFERRED_EC2_TYPES: "t3.small,t3a.small" });
  ec2.store.isFreePlan = true;
  const { found, fixes } = await findings();
  expect(found).toHaveLength(2);
  expect(found[0]).toContain(
    "warning launch: t3a.small would not be launched: the account is on AWS's free plan, which has few types",
  );
  expect(fixes[0]).toContain("upgrade the account's plan");
});

test("a bucket that removes files too early, keeps them for ever, is a stranger's or gone, is found", async () => {
  const { findings, s3 } = await prepared({ DEFERRED_RETENTION_DAYS: "365" });
  const first = async () => (await findings()).found[0];
  expect(await first()).toBe(
    "failed lifecycle: the bucket removes files after 31 days, and the server keeps runs for 365 days",
  );
  s3.state.expiry = [];
  expect(await first()).toContain("warning lifecycle: no rule removes files");
  s3.state.owner = "999999999999";
  expect(await first()).toContain("failed bucket: deferred-test-results is another account's");
  s3.state.isThere = false;
  expect(await first()).toBe("failed bucket: there is no bucket deferred-test-results");
});

test("results nobody can read, or no page, a list of them, and open private files are found", async () => {
  const { findings, s3 } = await prepared();
  Object.assign(s3.state, { open: /^(results|private)\//, isListed: true, hasCors: false });
  expect((await findings()).found.slice(0, 3)).toEqual([
    "failed pages: pages may not show results: the answer has no Access-Control-Allow-Origin",
    "failed private files: anybody may read private/*, where files of projects' own commands are",
    "failed public list: anybody may list the bucket, and with that find every result",
  ]);
  Object.assign(s3.state, { open: /^$/, isListed: false });
  const { found, fixes } = await findings();
  expect(found[0]).toMatch(
    /^failed public read: results are not to be read without a signature: status 403/,
  );
  expect(fixes[0]).toContain("--set Results=cloudfront");
  expect(s3.objects.size).toBe(0);
});

test("a stopped machine of this server would be started, another server's is not even asked about", async () => {
  const { findings, ec2, target, beAdministrator } = await prepared();
  const { securityGroup } = target.ec2;
  const { compute } = computeOn(ec2, { ...target.ec2, serverUrl: target.url, securityGroup });
  const { providerId } = await compute.launch(specOf("l1"));
  await compute.stop(providerId);
  const instance = ec2.store.instances.get(providerId)!;
  await eventually(async () => instance.state === "stopped" || undefined);
  expect((await findings()).found).toHaveLength(1);
  const asked = () =>
    ec2.callsOf("StartInstances").filter(({ parameters }) => parameters.flag("DryRun"));
  expect(asked()).toHaveLength(1);
  expect(instance.state).toBe("stopped");

  instance.tags.set("deferred:owner", "https://other.example");
  beAdministrator();
  expect((await findings()).skipped).toContain("start: no stopped machine is there to try it with");
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
