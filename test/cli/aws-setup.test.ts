import { expect, test } from "vitest";
import { readSettings } from "../../server/settings.ts";
import { hasSwift, startSwift } from "../services/swift.ts";
import { BUCKET, startAws } from "./aws.ts";
import { eventually } from "../eventually.ts";
import { deferred, startDeferred } from "./deferred.ts";

test("setup makes all of it, and a second time leaves all of it", async () => {
  const { aws, ec2, s3, bucket, group, url } = await startAws();
  const first = await aws(["setup", "--yes"]);
  expect(first.stderr).toMatch(new RegExp(`make +bucket ${BUCKET} in eu-west-1`));
  expect(first.code).toBe(0);
  expect(first.stderr.match(/^done \d+\/10/gm)).toHaveLength(10);
  expect(first.stdout).toContain(`DEFERRED_URL=${url}\n`);
  expect(first.stdout).toContain("DEFERRED_COMPUTE=ec2\n");
  expect(first.stdout).toContain(`DEFERRED_S3_BUCKET=${BUCKET}\n`);
  expect(first.stdout).toContain(`DEFERRED_EC2_SECURITY_GROUP=${group()!.id}\n`);

  const zones = ec2.store.subnets.map(({ id }) => id).join(",");
  expect(first.stdout).toContain(`DEFERRED_EC2_SUBNETS=${zones}\n`);
  const printed = Object.fromEntries(
    first.stdout
      .trim()
      .split("\n")
      .map((line) => line.split(/=(.*)/s).slice(0, 2)),
  );
  const settings = readSettings(printed);
  expect(settings).toMatchObject({ compute: "ec2", storage: "s3", s3: { bucket: BUCKET } });

  expect(group()!.rules!.inbound).toEqual([]);
  const outbound = group()!.rules!.outbound.map(({ protocol, from, peer }) => [
    protocol,
    from,
    peer,
  ]);
  const port = Number(new URL(url).port);
  expect(outbound).toEqual(
    [80, 443, port].flatMap((one) => [
      ["tcp", one, "0.0.0.0/0"],
      ["tcp", one, "::/0"],
    ]),
  );
  const set = Object.fromEntries(bucket()!.settings);
  expect(set["tagging"]).toContain(`<Key>deferred:owner</Key><Value>${url}</Value>`);
  expect(set["ownershipControls"]).toContain("BucketOwnerEnforced");
  expect(set["publicAccessBlock"]).toContain("<BlockPublicAcls>true<");
  expect(set["publicAccessBlock"]).toContain("<IgnorePublicAcls>true<");
  expect(set["encryption"]).toContain("AES256");
  expect(set["cors"]).toContain("<AllowedOrigin>*</AllowedOrigin>");
  const rules = set["lifecycle"]!.split("<Rule>");
  for (const folder of ["results/", "private/"]) {
    const rule = rules.find((one) => one.includes(`<Prefix>${folder}</Prefix>`));
    expect(rule).toContain("<Days>30</Days>");
  }
  const allows = JSON.parse(set["policy"]!).Statement.filter(
    ({ Effect }: { Effect: string }) => Effect === "Allow",
  );
  expect(allows).toEqual([
    expect.objectContaining({
      Action: ["s3:GetObject"],
      Resource: [`arn:aws:s3:::${BUCKET}/results/*`],
    }),
  ]);

  s3.calls.length = 0;
  const second = await aws(["setup"]);
  expect(second.code).toBe(0);
  expect(second.stderr).not.toMatch(/^(make|change|done)/m);
  expect(second.stdout).toBe(first.stdout);
  expect(s3.calls.filter((call) => call.startsWith("PUT"))).toEqual([]);
});

test("setup asks, and where nobody can answer nothing is made", async () => {
  const { aws, s3, group } = await startAws();
  const { code, stderr } = await aws(["setup"]);
  expect(code).toBe(1);
  expect(stderr).toContain("hint: add --yes");
  expect(s3.buckets.size).toBe(0);
  expect(group()).toBeUndefined();
});

test("what was changed since is shown and put right, and what others added stays", async () => {
  const { aws, bucket, group } = await startAws();
  await aws(["setup", "--yes"]);
  const { settings } = bucket()!;
  const cors = settings.get("cors")!;
  const others =
    "<CORSRule><ID>theirs</ID><AllowedMethod>PUT</AllowedMethod><AllowedOrigin>https://x.example</AllowedOrigin></CORSRule>";
  settings.set("cors", cors.replace(/<CORSRule>.*<\/CORSRule>/, others));
  settings.set("policy", settings.get("policy")!.replace("/results/*", "/*"));
  group()!.rules!.inbound.push({
    protocol: "tcp",
    from: 22,
    to: 22,
    kind: "ipv4",
    peer: "0.0.0.0/0",
  });
  group()!.rules!.outbound.pop();

  const { code, stderr } = await aws(["setup", "--yes"]);
  expect(code).toBe(0);
  expect(stderr).toMatch(/^change +bucket .*: anybody may read results/m);
  expect(stderr).toMatch(/^change +bucket .*: pages anywhere may read/m);
  expect(stderr).toContain("close what comes in: tcp 22, 0.0.0.0/0; let out: tcp");
  expect(stderr.match(/^change/gm)).toHaveLength(3);
  expect(settings.get("cors")).toContain("theirs");
  expect(settings.get("cors")).toContain("deferred-read");
  expect(settings.get("policy")).toContain(`${BUCKET}/results/*`);
  expect(group()!.rules!.inbound).toEqual([]);
  expect(group()!.rules!.outbound).toHaveLength(6);
});

test("a set-up that ended half-way says how far it came and goes on from there", async () => {
  const { aws, s3, group } = await startAws();
  s3.fail("PUT policy", "AccessDenied", 403);
  const { code, stderr } = await aws(["setup", "--yes"]);
  expect(code).toBe(1);
  expect(stderr).toContain(
    "error: after 4 of 10 steps: these credentials may not s3:PutBucketPolicy",
  );
  expect(stderr).toMatch(
    /hint: give them the setup policy.*SetBucket; then run deferred aws setup again/,
  );
  expect(group()).toBeUndefined();

  const again = await aws(["setup", "--yes"]);
  expect(again.code).toBe(0);
  expect(again.stderr).not.toContain(`make    bucket`);
  expect(again.stderr).toMatch(/^done 5\/5/m);
  expect(group()).toBeDefined();
});

test("a set-up that was killed in the middle is finished by the next", async () => {
  const { aws, env, s3, bucket, group } = await startAws();
  s3.hold("PUT lifecycle");
  const { child, ended } = await startDeferred(["aws", "setup", "--yes"], { env });
  await eventually(async () => s3.calls.includes("PUT lifecycle") || undefined);
  child.kill("SIGKILL");
  await ended;
  expect(bucket()!.settings.has("lifecycle")).toBe(false);

  const { code, stderr } = await aws(["setup", "--yes"]);
  expect(code).toBe(0);
  expect(stderr).toMatch(/^done 4\/4/m);
  expect(bucket()!.settings.has("lifecycle")).toBe(true);
  expect(group()!.rules!.outbound).toHaveLength(6);
});

test("a set-up that was killed right after the bucket was made takes the empty bucket as its own", async () => {
  const { aws, s3 } = await startAws();
  s3.give(BUCKET);
  const { code, stderr } = await aws(["setup", "--yes"]);
  expect(code).toBe(0);
  expect(stderr).toContain("marked as made for");
});

test.each([
  ["of another account", { owner: "999999999999" }, "it belongs to another account"],
  ["with files and no mark", { files: ["holiday.jpg"] }, "it holds files and is not marked"],
])("a bucket %s is refused", async (_, given, why) => {
  const { aws, s3, group } = await startAws();
  s3.give(BUCKET, given);
  const { code, stderr } = await aws(["setup", "--yes"]);
  expect(code).toBe(1);
  expect(stderr).toContain(`error: the bucket ${BUCKET} is not taken: ${why}`);
  expect(s3.calls.filter((call) => call.startsWith("PUT"))).toEqual([]);
  expect(group()).toBeUndefined();
});

test("a bucket in another region is told, and which setting to correct", async () => {
  const { aws, s3 } = await startAws();
  s3.fail("HEAD bucket", "PermanentRedirect", 301);
  const { code, stderr } = await aws(["setup", "--yes"]);
  expect(code).toBe(1);
  expect(stderr).toContain(`error: the bucket ${BUCKET} is in another region than eu-west-1`);
  expect(stderr).toContain("hint: set AWS_REGION, or --region, to the bucket's region");
});

test("a bucket made for another server is refused, even when asked to adopt one with files", async () => {
  const { aws, s3 } = await startAws();
  s3.give(BUCKET, { files: ["results/a/result.json"] });
  const owner = { DEFERRED_URL: "https://other.example", DEFERRED_COMPUTE: "local" };
  const other = await aws(["setup", "--yes", "--adopt-bucket"], owner);
  expect(other.code).toBe(0);
  const { code, stderr } = await aws(["setup", "--yes", "--adopt-bucket"]);
  expect(code).toBe(1);
  expect(stderr).toContain("it was made for https://other.example");
});

test("a name that is taken elsewhere, throttling and what AWS needs a moment for are told apart", async () => {
  const { aws, s3 } = await startAws();
  s3.fail("PUT bucket", "BucketAlreadyExists", 409);
  const taken = await aws(["setup", "--yes"]);
  expect(taken.stderr).toContain(`somebody else has a bucket named ${BUCKET}`);
  expect(taken.stderr).toContain("hint: choose another name with --bucket");

  s3.fail("PUT lifecycle", "SlowDown", 503, { times: 2 });
  s3.fail("PUT cors", "OperationAborted", 409);
  const slow = await aws(["setup", "--yes"]);
  expect(slow.code).toBe(0);
  expect(s3.calls.filter((call) => call === "PUT lifecycle")).toHaveLength(3);
});

test("a security group of one's own is used and left as it is; another server's is refused", async () => {
  const { aws, ec2 } = await startAws();
  const own = [...ec2.store.securityGroups.values()][0]!;
  const named = { DEFERRED_EC2_SECURITY_GROUP: own.id };
  const { code, stderr, stdout } = await aws(["setup", "--yes"], named);
  expect(code).toBe(0);
  expect(stderr).toContain(`security group ${own.id}: yours, left as it is`);
  expect(stderr).toContain(`${own.id} lets in everything`);
  expect(stdout).toContain(`DEFERRED_EC2_SECURITY_GROUP=${own.id}`);
  expect(ec2.callsOf("CreateSecurityGroup")).toEqual([]);

  own.tags.set("deferred:owner", "https://other.example");
  const refused = await aws(["setup", "--yes"], named);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain("was made for https://other.example");
});

test.runIf(hasSwift)(
  "a server that only speaks part of S3 is told what it lacks and what follows, and serves",
  async () => {
    const swift = await startSwift();
    try {
      const env = {
        AWS_REGION: swift.region,
        AWS_ENDPOINT_URL_S3: swift.endpoint,
        AWS_ACCESS_KEY_ID: swift.accessKeyId,
        AWS_SECRET_ACCESS_KEY: swift.secretAccessKey,
        DEFERRED_S3_PATH_STYLE: "1",
        DEFERRED_COMPUTE: "local",
        DEFERRED_URL: "https://runner.example",
        DEFERRED_S3_BUCKET: BUCKET,
      };
      const { code, stderr, stdout } = await deferred(["aws", "setup", "--yes"], { env });
      expect(stderr).toContain(
        "this server does not know a bucket's policy: open results/ to readers",
      );
      expect(stderr).toContain("this server does not know a bucket's lifecycle: files stay until");
      expect(stderr).toContain("this server does not know a bucket's cors");
      expect(code).toBe(0);
      expect(stdout).toContain(`AWS_ENDPOINT_URL_S3=${swift.endpoint}`);

      const torn = await deferred(["aws", "teardown", "--yes"], { env });
      expect(torn.code).toBe(0);
      expect(torn.stdout).toContain("it is not marked as made for");
    } finally {
      await swift.stop();
    }
  },
  90_000,
);
