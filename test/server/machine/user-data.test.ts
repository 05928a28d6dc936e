import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { LaunchFile } from "../../../protocol/responder.ts";
import { RUNTIMES } from "../../../protocol/runtimes.ts";
import { cloudConfig } from "../../../server/machine/cloud-config.ts";
import { bakeUserData, userData } from "../../../server/machine/user-data.ts";

const launchFile: LaunchFile = {
  server_url: "https://runner-with-a-rather-long-name.example-company.com",
  launch_id: "3ej4m8efd8qnrnhe58jm71heta",
  registration_token: "AXgSFoQPE2rO_RJaus0vI3eP-_TZXKrzhfIgzPVsXEg",
  idle_s: 300,
  unreachable_s: 600,
  metadata_url: "http://169.254.169.254",
};
const text = userData({ launchFile, runtimes: RUNTIMES });

test("user data leaves an eighth of EC2's 16 KiB free", () => {
  const bytes = Buffer.byteLength(text);
  expect(bytes, `${bytes} bytes`).toBeLessThan(14 * 1024);
});

test("it is the same for the same launch, and differs for another", () => {
  expect(userData({ launchFile, runtimes: RUNTIMES })).toBe(text);
  const other = { ...launchFile, launch_id: "1kbcz1w6fqvyy6f7gqgdrt5myd" };
  expect(userData({ launchFile: other, runtimes: RUNTIMES })).not.toBe(text);
});

test("the launch file is one line that only root may read", () => {
  const at = text.indexOf("- path: /etc/deferred/launch.json");
  const [, permissions, , content] = text.slice(at).split("\n");
  expect(permissions).toBe('  permissions: "0600"');
  expect(JSON.parse(content!)).toEqual(launchFile);
});

test("the set-up is in it as it stands in its file", () => {
  const file = join(import.meta.dirname, "../../../server/machine/set-up.py");
  const indented = readFileSync(file, "utf8").replace(/^(?=.)/gm, "   ");
  expect(text).toContain(indented);
});

test("what bakes an image holds no launch", () => {
  const baking = bakeUserData(launchFile.server_url, RUNTIMES);
  expect(baking).not.toMatch(/launch_id":|registration_token":/);
});

test("user data that EC2 would refuse is refused here", () => {
  const files = [{ path: "/x", content: "x".repeat(16 * 1024) }];
  expect(() => cloudConfig(files, [])).toThrow(/EC2 takes 16384/);
});
