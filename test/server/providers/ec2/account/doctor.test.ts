import { afterEach, expect, test, vi } from "vitest";
import { prepared } from "./prepared-account.ts";

afterEach(() => vi.unstubAllEnvs());

const ACCOUNT = "123456789012";

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

test("credentials that AWS does not know end everything that needs them, and nothing else", async () => {
  const { findings } = await prepared();
  vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIDUNKNOWN");
  expect((await findings()).found).toEqual([
    "failed credentials: AWS does not accept these credentials",
    expect.stringMatching(/^warning server/),
  ]);
});
