import { createHmac, randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Webhook } from "standardwebhooks";
import type { HookAnswer } from "../../../protocol/deliveries.ts";
import type { OwnProject } from "../projects/project.ts";
import type { System } from "../system.ts";

/** A body that GitHub really sent, as it came. */
export function githubBody(name: string): Promise<string> {
  return readFile(join(import.meta.dirname, "../../fixtures/github", `${name}.json`), "utf8");
}

/** A push of `after` to a branch, in GitHub's form. */
export function pushBody(after: string, changes: Record<string, unknown> = {}): string {
  const commit = {
    id: after,
    message: `Change ${after.slice(0, 4)}\n\nIn more words.`,
    timestamp: "2026-03-01T12:00:00+01:00",
    author: { name: "Ada Example", email: "ada@example.org" },
  };
  return JSON.stringify({
    ref: "refs/heads/main",
    before: "0".repeat(40),
    after,
    created: true,
    deleted: false,
    forced: false,
    commits: [commit],
    head_commit: commit,
    repository: { id: 1, full_name: "ada/app", default_branch: "main" },
    ...changes,
  });
}

export interface Sending {
  event?: string;
  id?: string;
  secret?: string;
  type?: string;
  headers?: Record<string, string>;
}

/** Headers of a delivery as GitHub signs it. */
export function githubHeaders(body: string, secret: string, sending: Sending = {}) {
  const digest = createHmac("sha256", sending.secret ?? secret)
    .update(body)
    .digest("hex");
  return {
    "content-type": sending.type ?? "application/json",
    "x-github-event": sending.event ?? "push",
    "x-github-delivery": sending.id ?? randomUUID(),
    "x-hub-signature-256": `sha256=${digest}`,
    ...sending.headers,
  };
}

/** What senders of webhooks send to a project of a system under test. */
export function sendersTo(system: System, project: OwnProject) {
  const post = (provider: "github" | "gitlab" | "generic", body: string, headers: object) =>
    system.call("POST", project.hookPath(provider), body, headers as Record<string, string>);
  return {
    post,

    github: (body: string, sending: Sending = {}) =>
      post("github", body, githubHeaders(body, project.secret, sending)),

    gitlab: (body: string, headers: Record<string, string> = {}) =>
      post("gitlab", body, {
        "x-gitlab-event": "Push Hook",
        "x-gitlab-token": project.secret,
        "idempotency-key": randomUUID(),
        ...headers,
      }),

    /** Signed as the `standardwebhooks` package does. */
    standard(
      provider: "gitlab" | "generic",
      body: string,
      at = new Date(),
      id: string = randomUUID(),
    ) {
      const signature = new Webhook(project.secret).sign(id, at, body);
      const timestamp = String(Math.floor(at.getTime() / 1000));
      return post(provider, body, {
        "webhook-id": id,
        "webhook-timestamp": timestamp,
        "webhook-signature": signature,
      });
    },
  };
}

export async function answerOf(response: Response): Promise<HookAnswer> {
  if (response.status !== 202) throw new Error(`${response.status} ${await response.text()}`);
  return (await response.json()) as HookAnswer;
}
