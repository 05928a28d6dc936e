import { expect, test } from "vitest";
import { printed, startAws } from "./aws.ts";

test("doctor prints a line a check with what to fix, and its exit status says whether something failed", async () => {
  const { aws, s3, url } = await startAws();
  const before = await aws(["doctor"]);
  expect(before.code).toBe(1);
  expect(before.stdout).toMatch(
    /^failed +security group +none is named\n +→ run deferred aws setup/m,
  );
  expect(before.stdout).toMatch(/^failed +bucket +DEFERRED_S3_BUCKET is not set/m);
  expect(before.stdout).toMatch(new RegExp(`^ok +server +${url} answers`, "m"));

  const settings = { ...printed((await aws(["setup", "--yes"])).stdout), ...s3.env };
  const { code, stdout } = await aws(["doctor"], settings);
  expect(stdout).not.toMatch(/^failed/m);
  expect(stdout).toMatch(/^ok +public read +anybody may read results/m);
  expect(stdout).toMatch(/\n0 failed, \d warnings?, \d+ ok\n$/);
  expect(code).toBe(0);

  const json = await aws(["doctor", "--json"], settings);
  expect(json.code).toBe(0);
  const report = JSON.parse(json.stdout);
  expect(report.ok).toBe(true);
  expect(report.findings).toContainEqual({
    check: "disks",
    state: "ok",
    says: "20 GB each, encrypted with AWS's own key",
  });
});
