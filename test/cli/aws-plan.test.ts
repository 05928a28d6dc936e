import { expect, test } from "vitest";
import type { Plan } from "../../server/aws/plan.ts";
import { BUCKET, startAws } from "./aws.ts";
import { deferred } from "./deferred.ts";

/** No credentials anywhere, and nobody asked who could have some. */
const OFFLINE = {
  HOME: "/nonexistent",
  AWS_EC2_METADATA_DISABLED: "true",
  AWS_REGION: "eu-west-1",
  DEFERRED_URL: "https://runner.example",
};

test("a plan needs no credentials, and says what it could not look up", async () => {
  const { code, stdout, stderr } = await deferred(["aws", "plan"], { env: OFFLINE });
  expect(code).toBe(0);
  expect(stdout).toContain("For https://runner.example in eu-west-1\n");
  expect(stdout).toMatch(/Bucket deferred-runner-example-[0-9a-f]{8}\n/);
  expect(stdout).toContain("anybody may read results/* over https; nobody may list");
  expect(stdout).toContain("  in: nothing\n");
  expect(stdout).toContain('"ec2:MetadataHttpTokens": "required"');
  expect(stdout).toContain("DEFERRED_EC2_TYPES=t3.small,t3a.small");
  expect(stderr).toContain("note: not looked up: no AWS credentials were found");
  expect(stderr.match(/^note/gm)).toHaveLength(1);
});

test("with credentials it names what is there and narrows the policy to it", async () => {
  const { aws, url, ec2 } = await startAws();
  const { code, stdout, stderr } = await aws(["plan", "--json"]);
  expect(code).toBe(0);
  expect(stderr).toBe("");
  const plan = JSON.parse(stdout) as Plan;
  expect(plan).toMatchObject({ url, region: "eu-west-1", account: "123456789012", unknown: [] });
  expect(plan.bucket).toMatchObject({ name: BUCKET, exists: false });
  expect(plan.launch?.images).toEqual([
    expect.objectContaining({ id: "ami-0deb13a0000000002", owner: "136693071363" }),
  ]);
  expect(plan.launch?.types[0]).toMatchObject({ name: "t3.small", vcpus: 2 });
  expect(plan.launch?.subnets).toHaveLength(3);
  expect(JSON.stringify(plan.server_policy)).toContain(ec2.store.subnets[0]!.vpcId);
  expect(JSON.stringify(plan.server_policy)).toContain(":123456789012:instance/*");
});

test("options go before variables, and all mistakes are told at once", async () => {
  const args = ["aws", "plan", "--region", "nowhere", "--url", "http://runner.example"];
  const options = ["--bucket", "Not.A.Name", "--market", "spot", "--lifecycle", "warm"];
  const { code, stdout, stderr } = await deferred([...args, ...options], { env: OFFLINE });
  expect(code).toBe(1);
  expect(stdout).toBe("");
  expect(stderr).toContain("AWS_REGION, or --region, has to name a region");
  expect(stderr).toContain("DEFERRED_URL has to be an https address");
  expect(stderr).toContain("DEFERRED_S3_BUCKET has to be 3 to 63 small letters");
  expect(stderr).toContain("can't be warm with spot machines");
});

test("aws alone, and a word it does not know, are mistakes of the command line", async () => {
  expect((await deferred(["aws"], { env: OFFLINE })).code).toBe(2);
  const { code, stderr } = await deferred(["aws", "destroy"], { env: OFFLINE });
  expect(code).toBe(2);
  expect(stderr).toContain("aws needs plan, setup, doctor or teardown");
});

test.each([
  [{ code: "ExpiredToken", status: 403 }, "the session of these AWS credentials is over"],
  [{ code: "InvalidClientTokenId", status: 403 }, "AWS does not accept these credentials"],
])("credentials that are refused as %o are told in a sentence", async (fails, sentence) => {
  const { aws } = await startAws({ account: { fails } });
  const planned = await aws(["plan"]);
  expect(planned.code).toBe(0);
  expect(planned.stderr).toContain(`note: not looked up: ${sentence}`);
  const { code, stderr } = await aws(["setup", "--yes"]);
  expect(code).toBe(1);
  expect(stderr).toContain(`error: ${sentence}`);
  expect(stderr).toMatch(/^hint: /m);
});

test("a region that has no such machine type is told with what to do", async () => {
  const { aws } = await startAws();
  const { stderr, stdout } = await aws(["plan", "--types", "t3.small,t9.huge"]);
  expect(stderr).toContain("eu-west-1 does not have all of the types t3.small, t9.huge");
  expect(stderr).toContain("hint: correct DEFERRED_EC2_TYPES, or --types");
  expect(stdout).toContain("types    t3.small, then t9.huge");
});
