import { expect, onTestFinished, test } from "vitest";
import type { Plan } from "../../server/aws/plan.ts";
import { deferred } from "../cli/deferred.ts";
import { startAccount } from "../services/aws-account.ts";
import { bareResponders } from "../services/ec2/bare-responder.ts";
import { accessRequests } from "../services/ec2/authorization.ts";
import { isAllowed } from "../services/iam.ts";
import { startEc2System } from "./ec2-system.ts";

test("from an empty account to a run and back: set up, held to the planned policy, checked, taken down", async () => {
  let policy: Plan["server_policy"] | undefined;
  const env: Record<string, string> = {};
  const system = await startEc2System({
    env,
    ec2: {
      hardware: bareResponders(),
      allows: (call, store) =>
        policy === undefined ||
        accessRequests(call, store).every((request) => isAllowed(policy!, request)),
    },
  });
  const account = await startAccount({ quotas: { "L-1216C47A": 8 } });
  onTestFinished(async () => {
    await system.close();
    await account.close();
  });
  const aws = (...args: string[]) =>
    deferred(["aws", ...args], {
      env: {
        ...system.ec2.env,
        ...account.env,
        DEFERRED_URL: system.url,
        DEFERRED_STORAGE: "fs",
        ...env,
      },
    });

  const { stdout: printed } = await aws("setup", "--yes");
  for (const line of printed.trim().split("\n")) {
    const [name = "", value = ""] = line.split(/=(.*)/s);
    if (name.startsWith("DEFERRED_EC2")) env[name] = value;
  }
  policy = (JSON.parse((await aws("plan", "--json")).stdout) as Plan).server_policy;
  expect(JSON.stringify(policy)).toContain(env["DEFERRED_EC2_SECURITY_GROUP"]);

  await system.stopServer();
  await system.startServer();
  const result = await system.result(await system.run("echo hello from the account"));
  expect(result).toMatchObject({ state: "succeeded", stdout: "hello from the account\n" });
  expect(system.ec2.calls.filter(({ outcome }) => outcome === "UnauthorizedOperation")).toEqual([]);

  const checked = await aws("doctor");
  expect(checked.stdout).not.toMatch(/^failed/m);
  expect(checked.stdout).toMatch(/^ok +rights/m);

  await system.stopServer();
  policy = undefined; // By whoever set it up.
  const removed = await aws("teardown", "--yes");
  expect(removed.stdout).toMatch(/^removed 1 machine: i-/m);
  expect(removed.stdout).toContain(`removed security group ${env["DEFERRED_EC2_SECURITY_GROUP"]}`);
  expect(system.ec2.existing()).toEqual([]);
});
