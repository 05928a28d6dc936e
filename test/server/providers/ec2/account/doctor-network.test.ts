import { afterEach, expect, test, vi } from "vitest";
import { eventually } from "../../../../eventually.ts";
import { specOf } from "../../../../contract/compute.ts";
import { computeOn } from "../../opened.ts";
import { prepared } from "./prepared-account.ts";

afterEach(() => vi.unstubAllEnvs());

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
