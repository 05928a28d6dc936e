import { createHash } from "node:crypto";
import type { Commit } from "../../../protocol/command.ts";
import { paths } from "../../../protocol/paths.ts";
import type { CommandRequest } from "../../../protocol/projects.ts";
import type { RunCreated, RunView } from "../../../protocol/run.ts";
import { startSystem } from "../system.ts";

export const SLUG = "acme/site";

/** A commit that there could be. */
export function commit(subject: string, minute = 0): Commit {
  return {
    sha: createHash("sha1").update(subject).digest("hex"),
    message: `${subject}\n\nIts reasons.`,
    author_name: "Ada",
    author_email: "ada@example.com",
    committed_at: new Date(Date.UTC(2026, 4, 1, 12, minute)).toISOString(),
  };
}

/** The server with a project whose machines the test plays. */
export async function startProject(settings: object = {}) {
  const system = await startSystem({ DEFERRED_ALLOW_PRIVATE: "1" });
  const owner = { authorization: `Bearer ${system.ownerToken}` };
  const made = await system.call(
    "POST",
    paths.projects,
    {
      slug: SLUG,
      repository: "http://127.0.0.1:1/acme/site.git",
      repository_token: "robot:s3cret-token",
      settings,
    },
    owner,
  );
  if (!made.ok) throw new Error(await made.text());

  return {
    ...system,
    owner,

    /** A call by the project's owner. */
    own: (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
      system.call(method, path, body, { ...owner, ...headers }),

    async exec(request: Partial<CommandRequest> = {}): Promise<RunCreated> {
      const body = { task: { do: "exec", command: "make" }, ...request };
      const response = await this.own("POST", paths.projectRuns(SLUG), body);
      if (response.status !== 202) throw new Error(await response.text());
      return (await response.json()) as RunCreated;
    },

    async look(id: string): Promise<RunView> {
      return (await (await this.own("GET", paths.run(id))).json()) as RunView;
    },

    /** A machine of the next launch, with what every machine has. */
    worker: () => system.machine({ runtimes: [{ name: "bash", version: "5.2.15" }] }),
  };
}
