import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deferred, startDeferred } from "../cli/deferred.ts";
import { makeRepository, type GitRepository } from "../services/git-repository.ts";
import { startGitServer } from "../services/git-server.ts";
import { createOwner } from "../systems/client.ts";
import { startServing } from "./server-process.ts";

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
