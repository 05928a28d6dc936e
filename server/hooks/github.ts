import * as v from "valibot";
import { CommitNameSchema } from "../../protocol/command.ts";
import {
  notUnderstood,
  PushedCommitOrNoneSchema,
  PushedCommitsSchema,
  PushedRefSchema,
  type Decide,
  type Decision,
} from "./decision.ts";
import { decidePush } from "./push.ts";

const repository = v.object({ default_branch: v.nullish(v.string()) });

const PushSchema = v.object({
  ref: PushedRefSchema,
  before: v.optional(CommitNameSchema),
  after: CommitNameSchema,
  deleted: v.optional(v.boolean(), false),
  commits: PushedCommitsSchema,
  head_commit: PushedCommitOrNoneSchema,
  repository,
});

const PullRequestSchema = v.object({
  action: v.string(),
  number: v.pipe(v.number(), v.integer(), v.minValue(1)),
  pull_request: v.object({
    title: v.string(),
    user: v.nullish(v.object({ id: v.number(), login: v.string() })),
    /** The fork may have been deleted meanwhile. */
    head: v.object({ sha: CommitNameSchema, repo: v.nullish(v.object({ id: v.number() })) }),
    base: v.object({ sha: CommitNameSchema, repo: v.object({ id: v.number() }) }),
  }),
  repository,
});

const NEW_COMMITS = ["opened", "synchronize", "reopened"];

/** GitHub's events, by the name in `X-GitHub-Event`. */
export const decideGithub: Decide = (payload, event, project) => {
  switch (event) {
    case "ping":
      return { ignored: "GitHub tried the webhook: it works." };
    case "push": {
      const push = v.safeParse(PushSchema, payload);
      if (!push.success) return notUnderstood("push", push.issues);
      const { head_commit, repository: named, ...rest } = push.output;
      const decision = decidePush({ ...rest, head: head_commit ?? undefined }, project);
      const { ref, before, after } = rest;
      const moved = { ref, before, after };
      return { ...decision, moved, defaultBranch: named.default_branch ?? undefined };
    }
    case "pull_request": {
      const request = v.safeParse(PullRequestSchema, payload);
      if (!request.success) return notUnderstood("pull request", request.issues);
      const { default_branch: defaultBranch } = request.output.repository;
      return {
        ...decideRequest(request.output, project),
        defaultBranch: defaultBranch ?? undefined,
      };
    }
    default:
      return { ignored: `Nothing is done for GitHub's event ${event}.` };
  }
};

function decideRequest(
  {
    action,
    number,
    pull_request: { title, user, head, base },
  }: v.InferOutput<typeof PullRequestSchema>,
  { settings }: Parameters<Decide>[2],
): Decision {
  if (!settings.pull_requests) return { ignored: "The project runs nothing for pull requests." };
  if (!NEW_COMMITS.includes(action)) {
    return { ignored: `Pull request ${number} was ${action}: that brings no commits.` };
  }
  const stranger = head.repo?.id !== base.repo.id;
  // GitHub keeps the head of every pull request below this ref of the project's own repository, a fork's
  // too.
  const ref = `refs/pull/${number}/head`;
  return {
    run: {
      trigger: "pull_request",
      revision: { of: "commit", commit: head.sha, ref, before: base.sha },
      task: stranger ? { do: "file", file_from: base.sha } : { do: "file" },
      stranger,
      author: user ? { id: String(user.id), name: user.login } : undefined,
      title: title.trim() || `Pull request ${number}`,
      ref,
      laneOf: ref,
    },
  };
}
