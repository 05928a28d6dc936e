import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startDeferred } from "../cli/deferred.ts";
import { makeRepository, type GitRepository } from "../services/git-repository.ts";
import { startGitServer } from "../services/git-server.ts";
import { startServing } from "./server-process.ts";

/** A server, a git server, and the command line beside them, all real. */
export async function startProjectSystem() {
  const root = await mkdtemp(join(tmpdir(), "deferred-projects-"));
  const git = await startGitServer(root);
  const served = await startServing({ DEFERRED_ALLOW_PRIVATE: "1", DEFERRED_LOG: "error" });
  const env = { DEFERRED_DATA: served.data, DEFERRED_URL: served.url };
  const start = (args: string[], more: { env?: Record<string, string>; stdin?: string } = {}) =>
    startDeferred(args, { ...more, cwd: root, env: { ...env, ...more.env } });
  return {
    url: served.url,
    data: served.data,
    env,
    start,
    deferred: async (args: string[], more: Parameters<typeof start>[1] = {}) =>
      (await start(args, more)).ended,
    /** A project with a repository of that name; its first commits are the caller's. */
    async project(slug: string): Promise<GitRepository> {
      const name = slug.replace("/", "-");
      const repository = await makeRepository(root, name);
      const args = ["projects", "create", slug, "--repo", `${git.url}/${name}.git`];
      const { code, stderr } = await (await start(args)).ended;
      if (code !== 0) throw new Error(stderr);
      return repository;
    },
    async clear() {
      await served.clear();
      await git.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}
