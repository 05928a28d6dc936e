import { createHmac, randomUUID } from "node:crypto";
import type { RunEvent } from "../../protocol/events.ts";
import { paths } from "../../protocol/paths.ts";
import type { HookAnswer } from "../../protocol/deliveries.ts";
import { createOwner, readEvents } from "../systems/client.ts";
import type { Served } from "../systems/process.ts";

/** A project of a real server, as GitHub and its owner see it. */
export async function pushedProject(
  { url, data }: Pick<Served, "url" | "data">,
  slug: string,
  repository: string,
) {
  const owner = await createOwner({ url, data });
  const project = await owner.createProject(slug, repository);

  return {
    own: owner.call,

    /** GitHub tells of a push; resolves with the run that it made. */
    async push(commit: string, branch = "main"): Promise<string> {
      const told = {
        id: commit,
        message: "Told by the push",
        timestamp: new Date().toISOString(),
        author: { name: "Ada Example", email: "ada@example.org" },
      };
      const body = JSON.stringify({
        ref: `refs/heads/${branch}`,
        after: commit,
        deleted: false,
        commits: [told],
        head_commit: told,
        repository: { default_branch: "main" },
      });
      const digest = createHmac("sha256", project.hook_secret!).update(body).digest("hex");
      const answer = await fetch(project.hooks!.github, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "x-github-event": "push",
          "x-github-delivery": randomUUID(),
          "x-hub-signature-256": `sha256=${digest}`,
        },
        body,
      });
      if (answer.status !== 202) throw new Error(await answer.text());
      const { run } = (await answer.json()) as HookAnswer;
      if (!run) throw new Error("the push made no run");
      return run;
    },

    /** The events of a run as they come, to its end. */
    async *follow(run: string): AsyncGenerator<RunEvent> {
      yield* readEvents(await owner.call("GET", paths.runEvents(run)));
    },
  };
}
