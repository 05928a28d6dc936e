import type { ProgramStatus } from "../sandbox/supervisor/supervisor.ts";
import { runFile } from "./task-file.ts";
import { runRequest } from "./task-request.ts";
import type { TreeContext } from "./tree-context.ts";

/** Runs the task at one commit. */
export async function runTask(context: TreeContext): Promise<ProgramStatus> {
  const { task } = context.job.work;
  switch (task.do) {
    case "file":
      return runFile(context, task);
    case "exec":
      return typeof task.command === "string"
        ? context.command(task.command, ["bash", "-c", "--", task.command])
        : context.command(task.command.join(" "), task.command as [string, ...string[]]);
    case "request":
      return runRequest(context, task);
    default:
      return task satisfies never;
  }
}
