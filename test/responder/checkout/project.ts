import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { onTestFinished, type TestContext } from "vitest";
import type { CommandWork, Credential, Revision, Task } from "../../../protocol/command.ts";
import { openCheckout, type Checkout } from "../../../responder/checkout/checkout.ts";
import { CommandRefusal } from "../../../responder/project-file/refusal.ts";
import type { Log } from "../../../responder/process/log.ts";
import { makeRepository, type GitRepository } from "../../services/git-repository.ts";
import { startGitServer } from "../../services/git-server.ts";

/** No user of this machine, as sandboxes have it. */
export const OWNER = process.getuid?.() === 0 ? 61_200 : undefined;

export interface Asked {
  revision: Revision;
  task?: Task;
  url?: string;
  credential?: Credential;
  allowPrivate?: boolean;
  submodules?: boolean;
  lfs?: boolean;
  project?: string;
  stranger?: boolean;
  trigger?: CommandWork["trigger"];
  signal?: AbortSignal;
  now?: () => number;
}

/** A folder that goes with the test, and whom other users may enter. */
export async function freshFolder(
  atEnd: TestContext["onTestFinished"] = onTestFinished,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "deferred-checkout-"));
  await chmod(folder, 0o755);
  atEnd(() => rm(folder, { recursive: true }));
  return folder;
}

/** A repository behind git's own HTTP backend, and a machine that checks out of it. */
export async function startProject(login?: { user: string; token: string }) {
  const root = await freshFolder();
  const repository: GitRepository = await makeRepository(root, "app");
  const server = await startGitServer(root, { login });
  onTestFinished(() => server.close());
  return { root, repository, server, url: `${server.url}/app.git`, ...(await startMachine()) };
}

/** A machine with its mirrors. */
export async function startMachine() {
  const state = await freshFolder();
  const said: string[] = [];
  const log: Log = {
    info: (message, fields) => said.push(`${message} ${JSON.stringify(fields)}`),
    warn: (message, fields) => said.push(`${message} ${JSON.stringify(fields)}`),
  };
  let attempts = 0;
  return {
    mirrors: join(state, "mirrors"),
    /** What was logged. */
    said,
    async checkOut(asked: Asked & { url: string }): Promise<Checkout> {
      const folder = join(state, String(++attempts));
      const making = `${folder}-making`;
      for (const path of [folder, making]) await mkdir(path, { mode: 0o755 });
      return openCheckout({
        work: workOf(asked),
        folder,
        making,
        mirrors: join(state, "mirrors"),
        owner: OWNER,
        log,
        signal: asked.signal ?? new AbortController().signal,
        now: asked.now,
      });
    },
  };
}

export function workOf(asked: Asked & { url: string }): CommandWork {
  return {
    kind: "command",
    runtime: "bash",
    project: asked.project ?? "ada/app",
    revision: asked.revision,
    task: asked.task ?? { do: "exec", command: "true" },
    trigger: asked.trigger ?? "push",
    stranger: asked.stranger ?? false,
    limits: {
      wall_s: 60,
      cpu_s: 60,
      memory_mb: 512,
      processes: 64,
      output_kb: 256,
      artifacts_mb: 16,
      network: false,
    },
    repository: {
      url: asked.url,
      credential: asked.credential,
      submodules: asked.submodules ?? false,
      lfs: asked.lfs ?? false,
      allow_private: asked.allowPrivate ?? true,
    },
    secrets: {},
    caches: false,
  };
}

/** Runs git as the commands would: in the tree, as its owner. */
export async function gitIn(tree: string, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)("git", ["-C", tree, ...args], {
    env: { PATH: process.env["PATH"], GIT_CONFIG_NOSYSTEM: "1", HOME: "/nonexistent" },
    ...(OWNER === undefined ? {} : { uid: OWNER, gid: OWNER }),
  });
  return stdout.trim();
}

/** What a refusal says; fails where there was none. */
export async function refusalOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => new Error("nothing was refused"),
    (reason: unknown) => reason,
  );
  if (error instanceof CommandRefusal && error.code === "checkout_failed") return error.message;
  throw error;
}

/** Commits a submodule as git would have it, or as it never would. */
export async function commitSubmodule(
  repository: GitRepository,
  {
    name = "lib",
    path = "lib",
    url,
    commit,
  }: { name?: string; path?: string; url: string; commit: string },
): Promise<string> {
  await repository.git("update-index", "--add", "--cacheinfo", `160000,${commit},${path}`);
  const module = `[submodule "${name}"]\n\tpath = ${path}\n\turl = ${url}\n`;
  const blob = join(repository.work, ".gitmodules");
  await writeFile(blob, module);
  await repository.git("add", ".gitmodules");
  const who = ["-c", "user.name=a", "-c", "user.email=a@example.org"];
  await repository.git(...who, "commit", "--quiet", "--message", "Submodule");
  await repository.git("push", "--quiet", "--force", "origin", "HEAD:main");
  return repository.git("rev-parse", "HEAD");
}
