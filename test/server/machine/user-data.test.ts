import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
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

test("user data leaves a fifth of EC2's 16 KiB free, however long the server's address is", () => {
  const server_url = `https://${"long-name.".repeat(25)}example/${"path/".repeat(20)}`;
  const longest = { ...launchFile, server_url, metadata_url: "http://[fd00:ec2::254]" };
  for (const data of [
    userData({ launchFile: longest, runtimes: RUNTIMES }),
    bakeUserData(server_url, RUNTIMES),
  ]) {
    const bytes = Buffer.byteLength(data);
    expect(bytes, `${bytes} bytes`).toBeLessThan(13 * 1024);
  }
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
  const [, packed = ""] = /set-up\.py\n {2}encoding: gz\+b64\n {2}content: (\S+)\n/.exec(text)!;
  expect(gunzipSync(Buffer.from(packed, "base64")).toString()).toBe(readFileSync(file, "utf8"));
});

test("what YAML would take for the end of a line, or refuse, comes through in the launch file", () => {
  const odd = {
    ...launchFile,
    server_url: "https://a\u2028: b\u0085 #\u007f\u{1f600}'\"\\\n- c|>%@`",
  };
  const at = userData({ launchFile: odd, runtimes: RUNTIMES }).indexOf('{"server_url"');
  const file = userData({ launchFile: odd, runtimes: RUNTIMES }).slice(at).split("\n")[0]!;
  expect(file).toMatch(/^[ -~]+$/);
  expect(JSON.parse(file)).toEqual(odd);
});

test("what bakes an image holds no launch", () => {
  const baking = bakeUserData(launchFile.server_url, RUNTIMES);
  expect(baking).not.toMatch(/launch_id":|registration_token":/);
});

test("user data that EC2 would refuse is refused here", () => {
  const files = [{ path: "/x", content: "x".repeat(16 * 1024) }];
  expect(() => cloudConfig(files, [])).toThrow(/EC2 takes 16384/);
});
