import { expect, onTestFinished, test } from "vitest";
import { printed } from "../cli/aws.ts";
import { deferred } from "../cli/deferred.ts";
import { startAccount } from "../services/aws-account.ts";
import { startCloudFormation } from "../services/cloudformation/endpoint.ts";
import { heldTo } from "../services/ec2/authorization.ts";
import { bareResponders } from "../services/ec2/bare-responder.ts";
import type { Document } from "../services/iam.ts";
import { startEc2System } from "../systems/ec2.ts";

test("from an empty account to a run and back: a stack, its policies held to, checked, taken down", async () => {
  let policy: Document | undefined;
  const env: Record<string, string> = {};
  const system = await startEc2System({
    env,
    ec2: { hardware: bareResponders(), refused: heldTo(() => policy) },
  });
  const { store, keys } = system.ec2;
  const [account, cloudformation] = await Promise.all([
    startAccount({ quotas: { "L-1216C47A": 8 } }),
    startCloudFormation({ store, keys }),
  ]);
  onTestFinished(async () => {
    await system.close();
    await cloudformation.close();
    await account.close();
  });
  const aws = (...args: string[]) =>
    deferred(["aws", ...args], {
      env: {
        ...system.ec2.env,
        ...account.env,
        ...cloudformation.env,
        DEFERRED_URL: system.url,
        DEFERRED_STORAGE: "fs",
        ...env,
      },
    });

  const { DEFERRED_URL: _, ...variables } = printed((await aws("setup", "--yes")).stdout);
  Object.assign(env, variables);
  const [stack] = cloudformation.stacks;
  const document = (name: string) =>
    (JSON.parse(stack!.resources.get(name)!.properties) as { PolicyDocument: Document })
      .PolicyDocument.Statement;
  policy = { Statement: [...document("MachinesPolicy"), ...document("DoctorPolicy")] };

  await system.stopServer();
  await system.startServer();
  const result = await system.result(await system.run("echo hello from the account"));
  expect(result).toMatchObject({ state: "succeeded", stdout: "hello from the account\n" });
  const launch = system.ec2.callsOf("RunInstances").at(-1)!;
  expect(launch.parameters.text("LaunchTemplate.LaunchTemplateId")).toMatch(/^lt-/);
  expect(system.ec2.calls.filter(({ outcome }) => outcome === "UnauthorizedOperation")).toEqual([]);

  const checked = await aws("doctor");
  expect(checked.stdout).not.toMatch(/^failed/m);
  expect(checked.stdout).toMatch(/^ok +rights/m);

  await system.stopServer();
  policy = undefined; // By the person who set it up.
  const removed = await aws("teardown", "--yes");
  expect(removed.stdout).toMatch(/^terminated i-/m);
  expect(removed.stdout).toMatch(/^deleted the stack deferred-127-0-0-1-\d+$/m);
  expect(system.ec2.existing()).toEqual([]);
  expect(store.securityGroups.size).toBe(1);
});
