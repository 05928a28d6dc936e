import { expect, test } from "vitest";
import { specOf } from "../contract/compute.ts";
import { eventually } from "../eventually.ts";
import { computeOn } from "../server/providers/opened.ts";
import { printed, startAws } from "./aws.ts";

test("teardown terminates the server's machines, deletes the stack, and leaves strangers' and the results", async () => {
  const { aws, ec2, stack, url } = await startAws();
  const variables = printed((await aws(["setup", "--yes"])).stdout);
  const bucket = variables["DEFERRED_S3_BUCKET"]!;
  const securityGroup = variables["DEFERRED_EC2_SECURITY_GROUP"]!;
  const own = computeOn(ec2, { serverUrl: url, securityGroup }).compute;
  const other = computeOn(ec2, { serverUrl: "https://other.example" }).compute;
  const { providerId } = await own.launch(specOf("l1"));
  const stranger = await other.launch(specOf("l2"));
  await eventually(
    async () => ec2.store.instances.get(providerId)?.state === "running" || undefined,
  );

  const asked = await aws(["teardown"]);
  expect(asked.code).toBe(1);
  expect(asked.stderr).toContain(`terminate  1 machine: ${providerId}`);
  expect(asked.stderr).toContain("hint: add --yes");
  expect(ec2.existing()).toHaveLength(2);

  const { code, stdout, stderr } = await aws(["teardown", "--yes"]);
  expect(code).toBe(0);
  expect(stdout).toContain(`terminated ${providerId}`);
  expect(stderr).toMatch(/^delete complete {2}SecurityGroup/m);
  expect(stdout).toContain(
    `stays  the bucket ${bucket}, with all results: aws s3 rb s3://${bucket} --force removes it`,
  );
  expect(ec2.existing().map(({ id }) => id)).toEqual([stranger.providerId]);
  expect(ec2.store.securityGroups.has(securityGroup)).toBe(false);
  expect(stack()).toBeUndefined();

  const again = await aws(["teardown", "--yes"]);
  expect(again.code).toBe(0);
  expect(again.stderr).toContain(`nothing is left that was made for ${url}`);
  expect((await aws(["setup", "--yes"])).code).toBe(0);
});

test("what keeps a part of the stack from going is told, and the rest goes the next time", async () => {
  const { aws, cloudformation, stack } = await startAws();
  await aws(["setup", "--yes"]);
  cloudformation.failures.set("User", "Cannot delete entity, must delete access keys first.");
  const { code, stderr } = await aws(["teardown", "--yes"]);
  expect(stderr).toMatch(/^note +the user \S+ goes only without keys: aws iam delete-access-key/m);
  expect(code).toBe(1);
  expect(stderr).toContain(
    "User (AWS::IAM::User): Cannot delete entity, must delete access keys first.",
  );
  expect(stderr).toContain("hint: remove what it names, such as the user's keys");
  expect(stack()!.status).toBe("DELETE_FAILED");
  cloudformation.failures.clear();
  expect((await aws(["teardown", "--yes"])).code).toBe(0);
  expect(stack()).toBeUndefined();
});

test("another server's stack stays", async () => {
  const { aws, stack } = await startAws();
  await aws(["setup", "--yes", "--stack", "runner"]);
  const other = ["--stack", "runner", "--url", "https://other.example"];
  const { code, stderr } = await aws(["teardown", "--yes", ...other]);
  expect(code).toBe(1);
  expect(stderr).toContain("error: the stack runner is of http://127");
  expect(stack()!.status).toBe("CREATE_COMPLETE");
});
