import type { ChildProcess } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { newKeyPair, type PrivateJwk } from "../../blocks/keys.ts";
import type { PublicJwk } from "../../protocol/requests.ts";
import { spawnCommandLine, type Ended } from "./command-line.ts";

export { runCommandLine as deferred, type Ended } from "./command-line.ts";

type Options = Parameters<typeof spawnCommandLine>[1];

/** Runs a command line as a process of its own: for exits, terminals and pipes that break. */
export async function spawnDeferred(args: string[], options: Options = {}): Promise<Ended> {
  return startDeferred(args, options).ended;
}

/** Starts a command line as a process of its own; it is killed, if need be, when the test ends. */
export function startDeferred(
  args: string[],
  options: Options = {},
): { child: ChildProcess; ended: Promise<Ended>; output: () => string } {
  const started = spawnCommandLine(args, options);
  const { child, ended } = started;
  onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
    await ended;
  });
  return started;
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
