import { execFile } from "node:child_process";
import { createPublicKey, verify } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { machineId } from "../../../responder/agent/host.ts";
import { loadIdentity } from "../../../responder/agent/identity.ts";
import { readLaunchFile } from "../../../responder/process/launch-file.ts";
import { makeBootFolder } from "../../../responder/sandbox/boot-folder.ts";
import { mkdirSync, existsSync } from "node:fs";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "deferred-start-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const LAUNCH = {
  server_url: "http://127.0.0.1:1/",
  launch_id: "l1",
  registration_token: "secret-token",
  idle_s: 1,
  unreachable_s: 1,
};
function launchFile(changes: object = {}, mode = 0o600): string {
  const path = join(folder, "launch.json");
  writeFileSync(path, JSON.stringify({ ...LAUNCH, ...changes }), { mode });
  return path;
}

test("an identity lasts, signs, and is for its owner's eyes alone", () => {
  const first = loadIdentity(folder, "machine-a");
  const again = loadIdentity(folder, "machine-a");
  expect(again.publicKey).toBe(first.publicKey);
  expect(statSync(join(folder, "identity.json")).mode & 0o777).toBe(0o600);
  const key = createPublicKey({
    key: { kty: "OKP", crv: "Ed25519", x: first.publicKey },
    format: "jwk",
  });
  const signature = Buffer.from(again.sign("text"), "base64url");
  expect(verify(null, Buffer.from("text"), key, signature)).toBe(true);
});

test("on another machine, or unreadable, an identity is made anew", () => {
  const first = loadIdentity(folder, "machine-a");
  const copied = loadIdentity(folder, "machine-b");
  expect(copied.publicKey).not.toBe(first.publicKey);
  writeFileSync(join(folder, "identity.json"), "{");
  expect(loadIdentity(folder, "machine-b").publicKey).not.toBe(copied.publicKey);
});

test("machines are told apart by their id or their hypervisor's", () => {
  mkdirSync(join(folder, "etc"));
  writeFileSync(join(folder, "etc/machine-id"), "a\n");
  const first = machineId(folder);
  expect(machineId(folder)).toBe(first);
  expect(first).not.toContain("a\n");
  mkdirSync(join(folder, "sys/class/dmi/id"), { recursive: true });
  writeFileSync(join(folder, "sys/class/dmi/id/product_uuid"), "ec2-1\n");
  expect(machineId(folder)).not.toBe(first);
});

test("a launch file is read", () => {
  expect(readLaunchFile(launchFile())).toEqual({ ...LAUNCH, server_url: "http://127.0.0.1:1" });
});

test("a launch file that others may read is refused", () => {
  expect(() => readLaunchFile(launchFile({}, 0o644))).toThrow("others may read the launch file");
});

test.each([
  "http://runner.example",
  "http://10.0.0.1:8080",
  "http://127.0.0.1.evil.example",
  "ftp://127.0.0.1",
  "no",
])("the server's address %s is refused", (server_url) => {
  expect(() => readLaunchFile(launchFile({ server_url }))).toThrow("is not https");
});

test.each(["https://runner.example", "http://localhost:1", "http://[::1]:1"])(
  "the server's address %s is taken",
  (server_url) => {
    expect(readLaunchFile(launchFile({ server_url })).server_url).toBe(server_url);
  },
);

test("a start folder of a responder that was killed goes at the next start", () => {
  mkdirSync(join(folder, "boot-1-0"));
  const own = makeBootFolder(folder);
  expect(existsSync(join(folder, "boot-1-0"))).toBe(false);
  expect(statSync(own).mode & 0o777).toBe(0o700);
});

const MAIN = join(import.meta.dirname, "../../../responder/main.ts");
function start(...args: string[]): Promise<{ code: unknown; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...args], (error, _, stderr) =>
      resolve({ code: error ? error.code : 0, stderr }),
    );
  });
}

test("a wrong start says what happened and what to do", async () => {
  expect(await start()).toEqual({
    code: 2,
    stderr: expect.stringMatching(/^error: --launch and --state are needed\nhint: .*--launch FILE/),
  });
  const { code, stderr } = await start(
    "--launch",
    launchFile(),
    "--state",
    folder,
    "--sandbox",
    "docker",
  );
  expect([code, stderr]).toEqual([2, expect.stringContaining("no sandbox called docker")]);
});

test("without a server it gives up after its time, and no token is in its log", async () => {
  const { code, stderr } = await start("--launch", launchFile(), "--state", join(folder, "state"));
  expect(code).toBe(4);
  expect(stderr).toContain("the server is unreachable");
  expect(stderr).not.toContain("secret-token");
  expect(readFileSync(join(folder, "state/runtimes.json"), "utf8")).toContain("bash");
});
