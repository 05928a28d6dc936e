import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { LaunchFile } from "../../../../protocol/registration.ts";
import { RUNTIMES } from "../../../../protocol/runtimes.ts";
import { bootHook, onceEnabled } from "../../../../server/providers/cloud-init/boot-hook.ts";
import { bakeUserData, userData } from "../../../../server/providers/cloud-init/user-data.ts";
import { scriptOf } from "./hook-script.ts";

const launchFile: LaunchFile = {
  server_url: "https://runner-with-a-rather-long-name.example-company.com",
  launch_id: "3ej4m8efd8qnrnhe58jm71heta",
  registration_token: "AXgSFoQPE2rO_RJaus0vI3eP-_TZXKrzhfIgzPVsXEg",
  idle_s: 300,
  unreachable_s: 600,
  interruption: { format: "ec2" as const, url: "http://169.254.169.254" },
};
const text = userData({ launchFile, runtimes: RUNTIMES });

test("user data leaves a fifth of EC2's 16 KiB free, however long the server's address is", () => {
  const server_url = `https://${"long-name.".repeat(25)}example/${"path/".repeat(20)}`;
  const longest = {
    ...launchFile,
    server_url,
    interruption: { format: "ec2" as const, url: "http://[fd00:ec2::254]" },
  };
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
  const script = scriptOf(text);
  const at = script.indexOf("put 0600 /etc/deferred/launch.json");
  const [, content, end] = script.slice(at).split("\n");
  expect(JSON.parse(content!)).toEqual(launchFile);
  expect(end).toBe("END-OF-FILE");
});

test("the set-up is in it as it stands in its file", () => {
  const folder = join(import.meta.dirname, "../../../../server/providers/cloud-init/set-up");
  const names = readdirSync(folder).filter((name) => name.endsWith(".py"));
  expect(names).toContain("__main__.py");
  for (const name of names) {
    expect(scriptOf(text)).toContain(
      `put 0644 /opt/deferred/set-up/${name} <<'END-OF-FILE'\n${readFileSync(join(folder, name), "utf8")}END-OF-FILE\n`,
    );
  }
});

test("it is a shell script, whose work is done once for each instance", () => {
  const folder = mkdtempSync(join(tmpdir(), "deferred-hook-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const files = [
    { path: `${folder}/etc/one`, content: "it's $HOME\n", permissions: "0600" },
    { path: `${folder}/etc/two`, content: "a\\n`date` \\$(date)\n\nEND\n" },
  ];
  const hook = bootHook(files, [`echo begun >>${folder}/begun`]);
  expect(hook).toMatch(/^#cloud-boothook\n#!\/bin\/sh\n/);
  const here = hook.replace("/var/lib/cloud/instance", folder);
  for (let boot = 1; boot <= 2; boot++) {
    const ran = spawnSync("sh", { input: here, encoding: "utf8" });
    expect([ran.status, ran.stderr]).toEqual([0, ""]);
  }
  expect(readFileSync(`${folder}/begun`, "utf8")).toBe("begun\n");
  expect(readFileSync(`${folder}/etc/one`, "utf8")).toBe("it's $HOME\n");
  expect(readFileSync(`${folder}/etc/two`, "utf8")).toBe(files[1]!.content);
  expect(statSync(`${folder}/etc/one`).mode & 0o777).toBe(0o600);
});

test("units are enabled again only where one has changed", () => {
  const folder = mkdtempSync(join(tmpdir(), "deferred-hook-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const bootWith = (unit: string, instance: string) => {
    const files = [
      { path: `${folder}/launch.json`, content: instance },
      { path: `${folder}/one.service`, content: unit },
    ];
    const hook = bootHook(files, [onceEnabled([`echo ${unit} >>${folder}/enabled-units`])]);
    const here = scriptOf(hook).replaceAll("/opt/deferred", folder);
    const env = { ...process.env, done: `${folder}/done` };
    const ran = spawnSync("sh", ["-eu"], { input: here, encoding: "utf8", env });
    expect([ran.status, ran.stderr]).toEqual([0, ""]);
    return statSync(`${folder}/one.service`).ino;
  };
  const baked = bootWith("unit-a", "i-1");
  expect(bootWith("unit-a", "i-2")).toBe(baked);
  expect(readFileSync(`${folder}/launch.json`, "utf8")).toBe("i-2\n");
  bootWith("unit-b", "i-3");
  expect(readFileSync(`${folder}/enabled-units`, "utf8")).toBe("unit-a\nunit-b\n");
});

test("whatever characters an address has come through in the launch file", () => {
  const odd = {
    ...launchFile,
    server_url: "https://a\u2028: b\u0085 #\u007f\u{1f600}'\"\\\n- c|>%@`",
  };
  const script = scriptOf(userData({ launchFile: odd, runtimes: RUNTIMES }));
  const file = script.slice(script.indexOf('{"server_url"')).split("\n")[0]!;
  expect(file).toMatch(/^[ -~]+$/);
  expect(JSON.parse(file)).toEqual(odd);
});

test("systemd is reloaded once for all units, before any of them starts", () => {
  for (const data of [text, bakeUserData(launchFile.server_url, RUNTIMES)]) {
    const calls = scriptOf(data)
      .split("\n")
      .filter((line) => line.startsWith("systemctl "));
    const reloads = calls.filter((line) => /daemon-reload|\b(mask|enable)\b/.test(line));
    expect(reloads.filter((line) => !line.includes("--no-reload"))).toEqual([
      "systemctl daemon-reload",
    ]);
    const at = (word: string) => calls.findIndex((line) => line.includes(` ${word} `));
    const reloadAt = calls.indexOf("systemctl daemon-reload");
    expect(reloadAt).toBeGreaterThan(at("mask"));
    expect(reloadAt).toBeGreaterThan(at("enable"));
    expect(reloadAt).toBeLessThan(at("start"));
  }
});

test("what bakes an image holds no launch", () => {
  const baking = scriptOf(bakeUserData(launchFile.server_url, RUNTIMES));
  expect(baking).toContain("systemctl start --no-block deferred-bake.service");
  expect(baking).not.toMatch(/launch_id":|registration_token":/);
});

test("user data that EC2 would refuse is refused here", () => {
  const files = [{ path: "/x", content: randomBytes(16 * 1024).toString("hex") }];
  expect(() => bootHook(files, [])).toThrow(/EC2 takes 16384/);
});
