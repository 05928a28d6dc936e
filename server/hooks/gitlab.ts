import * as v from "valibot";
import { CommitNameSchema } from "../../protocol/command.ts";
import {
  commitOf,
  notUnderstood,
  PushedCommitOrNoneSchema,
  PushedCommitsSchema,
  PushedRefSchema,
  skippedBy,
  type RequestAuthor,
  type Decide,
  type Decision,
} from "./decision.ts";
import { decidePush } from "./push.ts";

const project = v.object({ default_branch: v.nullish(v.string()) });

const PushSchema = v.object({
  ref: PushedRefSchema,
  before: v.optional(CommitNameSchema),
  after: CommitNameSchema,
  /** The commit, also where `after` is an annotated tag. Null where the ref was deleted. */
  checkout_sha: v.nullish(CommitNameSchema),
  commits: PushedCommitsSchema,
  project,
});

const MergeRequestSchema = v.object({
  object_attributes: v.object({
    iid: v.pipe(v.number(), v.integer(), v.minValue(1)),
    action: v.nullish(v.string(), ""),
    author_id: v.nullish(v.number()),
    /** Set on `update` where commits were pushed. */
    oldrev: v.nullish(v.string()),
    title: v.string(),
    source_project_id: v.number(),
    target_project_id: v.number(),
    target_branch: v.string(),
    last_commit: PushedCommitOrNoneSchema,
  }),
  /** Who caused the event, its author or somebody else. */
  user: v.nullish(v.object({ id: v.nullish(v.number()), username: v.nullish(v.string()) })),
  project,
});

/** GitLab's events, by the payload's `object_kind`. */
export const decideGitlab: Decide = (payload, event, of) => {
  switch (event) {
    case "push":
    case "tag_push": {
      const push = v.safeParse(PushSchema, payload);
      if (!push.success) return notUnderstood("push", push.issues);
      const { checkout_sha: head, project: named, ...rest } = push.output;
      const decision = decidePush({ ...rest, head: head ?? undefined, deleted: false }, of);
      const { ref, before, after } = rest;
      const moved = { ref, before, after };
      return { ...decision, moved, defaultBranch: named.default_branch ?? undefined };
    }
    case "merge_request": {
      const request = v.safeParse(MergeRequestSchema, payload);
      if (!request.success) return notUnderstood("merge request", request.issues);
      const { default_branch: defaultBranch } = request.output.project;
      return { ...decideRequest(request.output, of), defaultBranch: defaultBranch ?? undefined };
    }
    default:
      return { ignored: `Nothing is done for GitLab's event ${event}.` };
  }
};

function authorOf(
  id: number | null | undefined,
  user: v.InferOutput<typeof MergeRequestSchema>["user"],
): RequestAuthor | undefined {
  if (typeof id !== "number") return undefined;
  const name = user?.id === id ? user.username : undefined;
  return { id: String(id), name: name ?? `user ${id}` };
}

function decideRequest(
  { object_attributes: request, user }: v.InferOutput<typeof MergeRequestSchema>,
  { settings }: Parameters<Decide>[2],
): Decision {
  const { iid, action, oldrev, last_commit: head } = request;
  if (!settings.pull_requests) return { ignored: "The project runs nothing for merge requests." };
  const newCommits =
    action === "open" || action === "reopen" || (action === "update" && Boolean(oldrev));
  if (!newCommits || !head) {
    return { ignored: `Merge request ${iid}: ${action || "this"} brings no commits.` };
  }
  const skipped = skippedBy(head.message);
  if (skipped !== undefined) return { ignored: skipped };
  const stranger = request.source_project_id !== request.target_project_id;
  const ref = `refs/merge-requests/${iid}/head`;
  return {
    run: {
      trigger: "pull_request",
      revision: { of: "commit", commit: head.id, ref },
      task: { do: "file" },
      stranger,
      author: authorOf(request.author_id, user),
      title: request.title.trim() || `Merge request ${iid}`,
      ref,
      commits: [commitOf(head)],
      laneOf: ref,
      ...(stranger ? { fileFromTipOf: `refs/heads/${request.target_branch}` } : {}),
    },
  };
}
