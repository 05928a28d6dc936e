import { expect, test } from "vitest";
import { startAws } from "./aws.ts";

test("doctor prints a line a check with what to fix, and its exit status says whether something failed", async () => {
  const { aws, url, group } = await startAws();
  const before = await aws(["doctor"]);
  expect(before.code).toBe(1);
  expect(before.stdout).toMatch(
    /^failed +security group +none is named, and none was made\n +→ run deferred aws setup/m,
  );
  expect(before.stdout).toMatch(/^failed +bucket +there is no bucket/m);
  expect(before.stdout).toMatch(new RegExp(`^ok +server +${url} answers`, "m"));

  await aws(["setup", "--yes"]);
  const settings = { DEFERRED_EC2_SECURITY_GROUP: group()!.id };
  const { code, stdout } = await aws(["doctor"], settings);
  expect(stdout).not.toMatch(/^failed/m);
  expect(stdout).toMatch(/^ok +public read +anybody may read results/m);
  expect(stdout).toMatch(/\n0 failed, \d to look at, \d+ well\n$/);
  expect(code).toBe(0);

  const json = await aws(["doctor", "--json"], settings);
  expect(json.code).toBe(0);
  const report = JSON.parse(json.stdout);
  expect(report.ok).toBe(true);
  expect(report.findings).toContainEqual({
    check: "quota",
    state: "ok",
    says: "8 vCPUs on-demand; 2 machines in a pool need 4",
  });
});
