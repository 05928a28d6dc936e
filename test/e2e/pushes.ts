import { createHmac, randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { RunEvent } from "../../protocol/events.ts";
import { paths } from "../../protocol/paths.ts";
import type { ProjectView } from "../../protocol/projects.ts";
import type { HookAnswer } from "../../protocol/deliveries.ts";
import type { Served } from "./server-process.ts";

/** A project of a real server, as GitHub and its owner see it. */
export async function pushedProject(
  { url, data }: Pick<Served, "url" | "data">,
  slug: string,
  repository: string,
) {
  const token = (await readFile(join(data, "owner-token"), "utf8")).trim();
  const authorization = `Bearer ${token}`;
  const own = (method: string, path: string, body?: object) =>
    fetch(url + path, {
      method,
      redirect: "manual",
      headers: { authorization, "content-type": "application/json" },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
  const made = await own("POST", paths.projects, { slug, repository });
  if (made.status !== 201) throw new Error(await made.text());
  const project = (await made.json()) as ProjectView;

  return {
    own,

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
      const response = await own("GET", paths.runEvents(run));
      let text = "";
      for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
        text += chunk;
        const parts = text.split("\n\n");
        text = parts.pop()!;
        for (const part of parts) {
          const data = /^data: (.*)$/m.exec(part)?.[1];
          if (data) yield JSON.parse(data) as RunEvent;
        }
      }
    },
  };
}
