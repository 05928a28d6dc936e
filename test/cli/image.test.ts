import { expect, onTestFinished, test } from "vitest";
import { scriptOf } from "../server/providers/cloud-init/hook-script.ts";
import { startEc2 } from "../services/ec2/endpoint.ts";
import { givingUp } from "../services/ec2/hardware.ts";
import { deferred } from "./deferred.ts";

const ENV = { DEFERRED_URL: "https://runner.example", AWS_REGION: "eu-west-1" };

test("image bake makes an image and prints its id alone on standard output", async () => {
  const ec2 = await startEc2({ hardware: givingUp("Deferred Runner: ready to be an image\n") });
  onTestFinished(() => ec2.close());
  const env = { ...ENV, ...ec2.env };
  const { code, stdout, stderr } = await deferred(["image", "bake", "--yes"], { env });
  expect([code, stderr]).toEqual([0, expect.stringContaining("sets itself up from debian-13")]);
  expect(stdout).toMatch(/^ami-[0-9a-f]+\n$/);
  const [launch] = ec2.callsOf("RunInstances");
  const userData = Buffer.from(launch!.parameters.required("UserData"), "base64").toString();
  expect(scriptOf(userData)).toContain("deferred-bake.service");
});

test("image bake begins nothing without a yes, a region, or an https address", async () => {
  const ended = (args: string[], env: Record<string, string> = ENV) =>
    deferred(["image", "bake", ...args], { env });
  expect((await ended([])).stderr).toContain("hint: add --yes");
  expect((await ended(["--yes"], { DEFERRED_URL: ENV.DEFERRED_URL })).stderr).toContain(
    "error: there is no region",
  );
  expect((await ended(["--yes", "--url", "http://runner.example"])).code).not.toBe(0);
  const printed = await ended(["--user-data"]);
  expect([printed.code, printed.stderr]).toEqual([0, ""]);
  expect(scriptOf(printed.stdout)).toContain("deferred-bake.service");
});
