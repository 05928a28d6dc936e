import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { onTestFinished } from "vitest";
import { readServerSettings, startServer } from "../../server/main.ts";
import { deferred, startDeferred, temporaryFolder } from "../cli/deferred.ts";
import { IDLE_MACHINE } from "../idle-machine.ts";
import { makeRepository, type GitRepository } from "../services/git-repository.ts";
import { startGitServer } from "../services/git-server.ts";
import { createOwner } from "./client.ts";
import { assetsWith } from "./in-process.ts";
import { startServing } from "./process.ts";

/** A server, a git server, and the command line beside them, all real. */
export async function startProjectSystem() {
  const root = await mkdtemp(join(tmpdir(), "deferred-projects-"));
  const git = await startGitServer(root);
  const served = await startServing({ DEFERRED_ALLOW_PRIVATE: "1", DEFERRED_LOG: "error" });
  const owner = await createOwner(served);
  const env = { DEFERRED_DATA: served.data, DEFERRED_URL: served.url };
  type More = { env?: Record<string, string>; stdin?: string };
  const around = (more: More) => ({ ...more, cwd: root, env: { ...env, ...more.env } });
  return {
    url: served.url,
    /** Where the command line is called, and the repositories are. */
    root,
    data: served.data,
    token: owner.token,
    server: served.process,
    env,
    start: (args: string[], more: More = {}) => startDeferred(args, around(more)),
    deferred: (args: string[], more: More = {}) => deferred(args, around(more)),
    /** A project with a repository of that name; its first commits are the caller's. */
    async project(slug: string): Promise<GitRepository> {
      const name = slug.replace("/", "-");
      const repository = await makeRepository(root, name);
      await owner.createProject(slug, `${git.url}/${name}.git`);
      return repository;
    },
    async clear() {
      await served.clear();
      await git.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** A server with a project, whose machines never come up, so that everything waits. */
export async function startWaiting(env: Record<string, string> = {}) {
  const data = await temporaryFolder();
  const settings = readServerSettings({
    DEFERRED_DATA: data,
    PORT: "0",
    DEFERRED_ALLOW_PRIVATE: "1",
    ...env,
  });
  const server = await startServer(settings, {
    responder: IDLE_MACHINE,
    assets: assetsWith(),
    log: pino({ level: "silent" }),
  });
  onTestFinished(() => server.close());
  const owner = await createOwner({ url: server.url, data });
  await owner.createProject("acme/app", "http://127.0.0.1:1/app.git");
  const options = { env: { DEFERRED_DATA: data, DEFERRED_PROJECT: "acme/app" } };
  return {
    data,
    start: (...args: string[]) => startDeferred(args, options),
    deferred: (...args: string[]) => deferred(args, options),
  };
}
