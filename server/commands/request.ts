import type { Revision, Task } from "../../protocol/command.ts";
import type { CommandRequest } from "../../protocol/projects.ts";
import type { CommandOrder } from "./submit.ts";

/** A person's request as an order. */
export function orderOf(project: string, request: CommandRequest): CommandOrder {
  const { revision, task, wall_s, retry } = request;
  return {
    project,
    trigger: task.do === "request" ? "request" : "exec",
    revision,
    task,
    stranger: false,
    title: titleOf(task, revision),
    ref: fullRefOf(revision),
    ...(wall_s !== undefined && { wallS: wall_s }),
    ...(retry && { retry }),
  };
}

/** Null for a short name: only the checkout resolves it. */
function fullRefOf(revision: Revision): string | null {
  const ref = revision.of === "commits" ? undefined : revision.ref;
  return ref?.startsWith("refs/") ? ref : null;
}

function titleOf(task: Task, revision: Revision): string {
  switch (task.do) {
    case "exec":
      return typeof task.command === "string" ? task.command : task.command.join(" ");
    case "request":
      return `${task.method} ${task.path}`;
    case "file":
      return `.deferred-server at ${revisionText(revision)}`;
    default:
      return task satisfies never;
  }
}

function revisionText(revision: Revision): string {
  switch (revision.of) {
    case "commit":
      return revision.commit.slice(0, 12);
    case "ref":
      return revision.ref ?? "the default branch";
    case "commits":
      return `${revision.commits.length} commits`;
    case "history":
      return `${revision.ref ?? "the default branch"}, ${revision.days} days`;
    default:
      return revision satisfies never;
  }
}
