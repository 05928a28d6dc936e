import { execFile } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { deployKey, repositoryToken } from "../../../server/projects/credentials.ts";

const execute = promisify(execFile);

/** Made by ssh-keygen itself. */
async function sshKey(passphrase: string): Promise<{ secret: string; open: string }> {
  const folder = await mkdtemp(join(tmpdir(), "deferred-key-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, "key");
  await execute("ssh-keygen", ["-q", "-t", "ed25519", "-N", passphrase, "-f", file]);
  return { secret: await readFile(file, "utf8"), open: await readFile(`${file}.pub`, "utf8") };
}

test("a key without a passphrase is kept as ssh reads it", async () => {
  const { secret } = await sshKey("");
  expect(deployKey(secret)).toBe(secret);
  expect(deployKey(secret.trim().replaceAll("\n", "\r\n"))).toBe(secret);
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  const pem = rsa.export({ type: "pkcs1", format: "pem" });
  expect(deployKey(pem)).toBe(pem);
});

test("what is no such key is refused, by what it is instead", async () => {
  const { open } = await sshKey("");
  const { secret: closed } = await sshKey("with a passphrase");
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const encrypted = privateKey.export({
    type: "pkcs8",
    format: "pem",
    cipher: "aes-256-cbc",
    passphrase: "x",
  });
  expect(() => deployKey(open)).toThrow(/public key/);
  expect(() => deployKey(closed)).toThrow(/passphrase/);
  expect(() => deployKey(encrypted)).toThrow(/passphrase/);
  expect(() => deployKey(closed.replace(/\n.*/, "\nAAAA"))).toThrow(/ssh-keygen/);
  expect(() => deployKey("PuTTY-User-Key-File-3: ssh-ed25519")).toThrow(/export it/);
  expect(() => deployKey("my key")).toThrow(/ssh-keygen/);
});

test("a key of which the end is missing is refused", async () => {
  const { secret } = await sshKey("");
  const lines = secret.trim().split("\n");
  const cut = [...lines.slice(0, 3), lines.at(-1)].join("\n");
  expect(() => deployKey(cut)).toThrow(/end is missing/);
});

test("a token is a user and a token", () => {
  expect(repositoryToken("x-access-token:ghp_a:b\n")).toEqual({
    user: "x-access-token",
    token: "ghp_a:b",
  });
  for (const text of ["ghp_a", ":ghp_a", "user:", "user:a\nb"]) {
    expect(() => repositoryToken(text)).toThrow(/user:token/);
  }
});
