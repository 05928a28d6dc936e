import { spawn, type ChildProcess } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { newKeyPair, type PrivateJwk } from "../../blocks/keys.ts";
import type { PublicJwk } from "../../protocol/requests.ts";
import { COMPILED } from "../compiled.ts";

const LAUNCHER = join(import.meta.dirname, "../../cli/deferred.mjs");

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

interface Options {
  env?: Record<string, string>;
  cwd?: string;
  stdin?: string;
  /** Which Node starts the launcher. */
  node?: string;
}

/** Runs the real command to its end, with no settings but those given. */
export async function deferred(args: string[], options: Options = {}): Promise<Ended> {
  return (await startDeferred(args, options)).ended;
}

/** Starts the real command; it is killed, if need be, when the test ends. */
export async function startDeferred(
  args: string[],
  { env = {}, cwd = tmpdir(), stdin = "", node = process.execPath }: Options = {},
): Promise<{ child: ChildProcess; ended: Promise<Ended>; output: () => string }> {
  const child = spawn(node, [LAUNCHER, ...args], {
    cwd,
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], ...COMPILED, ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  child.stdin.on("error", () => {});
  child.stdin.end(stdin);
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
  onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
    await ended;
  });
  return { child, ended, output: () => stdout + stderr };
}

/** A folder that goes when the test ends. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "deferred-test-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A data folder with one key of the first project, as a server leaves it. */
export async function authorFolder(): Promise<{
  folder: string;
  env: Record<string, string>;
  privateJwk: PrivateJwk;
  publicJwk: PublicJwk;
}> {
  const folder = await temporaryFolder();
  const { kid, privateJwk, publicJwk } = await newKeyPair();
  const keys = join(folder, "keys", "local", "demo");
  await mkdir(keys, { recursive: true, mode: 0o700 });
  await writeFile(join(keys, `${kid}.json`), JSON.stringify(privateJwk), { mode: 0o600 });
  const env = { DEFERRED_DATA: folder, DEFERRED_URL: "https://runner.example" };
  return { folder, env, privateJwk, publicJwk };
}
