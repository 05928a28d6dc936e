import { afterEach, expect, test, vi } from "vitest";
import { createClients } from "../../../server/aws/clients.ts";
import { setupSteps } from "../../../server/aws/setup.ts";
import { readTarget } from "../../../server/aws/target.ts";
import { startAws } from "../../cli/aws.ts";

afterEach(() => vi.unstubAllEnvs());

const ID = "subnet-0eeeeeeeeeeeeeeee";

/** An account with a second network, and what setup would do there. */
async function account() {
  const { ec2, env, group, url } = await startAws();
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  const vpcId = "vpc-0bbbbbbbbbbbbbbbb";
  const subnet = { id: ID, vpcId, zone: "eu-west-1a", isDefault: false, tags: new Map() };
  ec2.store.subnets.push(subnet);
  const steps = (settings: Record<string, string>) => {
    const target = readTarget({ ...env, DEFERRED_STORAGE: "fs", ...settings });
    const options = { account: undefined, adopt: false, sleep: async () => {} };
    return setupSteps(createClients(target), target, options);
  };
  return { ec2, group, url, vpcId, steps };
}

test("the group is made in the network of the subnets", async () => {
  const { group, vpcId, steps } = await account();
  for (const step of (await steps({ DEFERRED_EC2_SUBNETS: ID })).steps) await step.run();
  expect(group()?.vpcId).toBe(vpcId);
});

test("subnets of another network than the group's, or of two, are refused", async () => {
  const { ec2, group, vpcId, steps } = await account();
  for (const step of (await steps({})).steps) await step.run();
  await expect(steps({ DEFERRED_EC2_SUBNETS: ID })).rejects.toThrow(
    `the security group ${group()!.id} is in ${group()!.vpcId}, and the subnets are in ${vpcId}`,
  );
  const both = `${ID},${ec2.store.subnets[0]!.id}`;
  await expect(steps({ DEFERRED_EC2_SUBNETS: both })).rejects.toThrow("lie in several networks");
});

test("an account without a default network is told how to have one", async () => {
  const { ec2, steps } = await account();
  ec2.store.subnets.splice(0, 3);
  await expect(steps({})).rejects.toMatchObject({
    message: "eu-west-1 has no default network",
    hint: expect.stringContaining("aws ec2 create-default-vpc"),
  });
});

test("a group of that name that is not marked is not taken", async () => {
  const { ec2, url, steps } = await account();
  const { vpcId } = ec2.store.subnets[0]!;
  const id = "sg-0cccccccccccccccc";
  const name = `deferred ${new URL(url).host}`;
  ec2.store.securityGroups.set(id, { id, name, description: "", vpcId, tags: new Map() });
  const [make] = (await steps({})).steps;
  await expect(make!.run()).rejects.toMatchObject({ code: "InvalidGroup.Duplicate" });
});
