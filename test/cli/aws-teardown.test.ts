import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { EC2Client, RunInstancesCommand } from "@aws-sdk/client-ec2";
import { expect, test } from "vitest";
import { eventually } from "../eventually.ts";
import { BUCKET, startAws } from "./aws.ts";

type Aws = Awaited<ReturnType<typeof startAws>>;

/** Runs a machine behind the group of the server, or of the network, and waits until it is there. */
async function launch({ ec2, group }: Aws, tags: Record<string, string>): Promise<string> {
  const client = new EC2Client({ endpoint: ec2.url, region: ec2.region, credentials: ec2.keys });
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  const own = group();
  const { Instances } = await client.send(
    new RunInstancesCommand({
      MinCount: 1,
      MaxCount: 1,
      ImageId: "ami-0deb13a0000000002",
      InstanceType: "t3.small",
      ...(own && tags["deferred:fleet"] ? { SecurityGroupIds: [own.id] } : {}),
      ...(Tags.length > 0 ? { TagSpecifications: [{ ResourceType: "instance", Tags }] } : {}),
    }),
  );
  client.destroy();
  const id = Instances![0]!.InstanceId!;
  await eventually(async () =>
    ec2.store.instances.get(id)?.state === "running" ? true : undefined,
  );
  return id;
}

test("teardown removes the fleet's machines and the group, and leaves strangers' and the results", async () => {
  const account = await startAws();
  const { aws, ec2, bucket, group, url } = account;
  await aws(["setup", "--yes"]);
  const own = await launch(account, { "deferred:owner": url, "deferred:fleet": "f" });
  const strangers = [
    await launch(account, {}),
    await launch(account, { "deferred:owner": "https://other.example", "deferred:fleet": "g" }),
  ];
  bucket()!.objects.set("results/r/result.json", { body: Buffer.from("{}"), type: "" });

  const asked = await aws(["teardown"]);
  expect(asked.code).toBe(1);
  expect(asked.stderr).toContain(`remove  1 machine: ${own}`);
  expect(asked.stderr).toContain("hint: add --yes");
  expect(ec2.existing()).toHaveLength(3);

  // The third machine is behind the group too: what is not the fleet's keeps it from going.
  ec2.store.instances.get(strangers[1]!)!.groups.length = 0;
  const { code, stdout } = await aws(["teardown", "--yes"]);
  expect(code).toBe(0);
  expect(stdout).toContain(`removed 1 machine: ${own}`);
  expect(stdout).toContain("removed security group sg-");
  expect(stdout).toContain(`stays   bucket ${BUCKET}: it holds results; --delete-results removes`);
  expect(ec2.existing().map(({ id }) => id)).toEqual(strangers);
  expect(group()).toBeUndefined();
  expect(bucket()!.objects.size).toBe(1);

  const again = await aws(["teardown", "--yes"]);
  expect(again.code).toBe(0);
  expect(again.stderr).toContain("nothing is left that was made for");
});

test("the bucket goes when it is asked for by name, with what is in it", async () => {
  const { aws, bucket } = await startAws();
  await aws(["setup", "--yes"]);
  for (let number = 0; number < 250; number++) {
    bucket()!.objects.set(`results/${number}`, { body: Buffer.from("x"), type: "" });
  }
  const asked = await aws(["teardown", "--delete-results"]);
  expect(asked.code).toBe(1);
  expect(asked.stderr).toContain(`remove  bucket ${BUCKET}, with every file in it`);
  expect(bucket()).toBeDefined();
  const { code, stdout } = await aws(["teardown", "--delete-results", "--yes"]);
  expect(code).toBe(0);
  expect(stdout).toContain(`removed bucket ${BUCKET}`);
  expect(bucket()).toBeUndefined();
});

test.each([
  ["another account's", { owner: "999999999999" }, "it belongs to another account"],
  ["one without a mark", { files: ["holiday.jpg"] }, "it holds files and is not marked"],
  ["an empty one without a mark", {}, "it is not marked as made for"],
])("of buckets %s stays, even when asked for", async (_, given, why) => {
  const { aws, s3, bucket } = await startAws();
  s3.give(BUCKET, given);
  const { code, stdout } = await aws(["teardown", "--delete-results", "--yes"]);
  expect(code).toBe(0);
  expect(stdout).toContain(`stays   bucket ${BUCKET}: ${why}`);
  expect(bucket()).toBeDefined();
});

test("a group of one's own stays", async () => {
  const { aws, ec2 } = await startAws();
  const [own] = ec2.store.securityGroups.keys();
  const { stdout } = await aws(["teardown", "--yes"], { DEFERRED_EC2_SECURITY_GROUP: own! });
  expect(stdout).toContain(`stays   security group ${own}: setup did not make it`);
});

test.runIf(process.platform === "linux" && existsSync("/usr/bin/script"))(
  "at a terminal the results go only when the bucket's name is typed",
  async () => {
    const { aws, env, bucket } = await startAws();
    await aws(["setup", "--yes"]);
    const typed = async (answer: string): Promise<string> => {
      const launcher = join(import.meta.dirname, "../../cli/deferred.mjs");
      const command = `'${process.execPath}' '${launcher}' aws teardown --delete-results`;
      const child = spawn("script", ["-qec", command, "/dev/null"], {
        env: { PATH: process.env["PATH"], ...env },
        stdio: ["pipe", "pipe", "inherit"],
      });
      let said = "";
      child.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
      await eventually(async () => said.includes(`Type ${BUCKET}:`) || undefined);
      child.stdin.write(`${answer}\n`);
      await once(child, "close");
      return said;
    };
    expect(await typed("yes")).toContain("nothing was removed");
    expect(bucket()).toBeDefined();
    expect(await typed(BUCKET)).toContain(`removed bucket ${BUCKET}`);
    expect(bucket()).toBeUndefined();
  },
);
