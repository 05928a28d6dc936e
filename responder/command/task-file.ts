import type { Task } from "../../protocol/command.ts";
import { CommandRefusal } from "../checkout/refusal.ts";
import type { FileCommand, ProjectFile } from "../project-file/project-file.ts";
import type { ProgramStatus } from "../sandbox/supervisor.ts";
import { runChurn } from "./churn.ts";
import type { TreeContext } from "./tree-context.ts";
import { SUCCESS } from "./steps.ts";

type FileTask = Extract<Task, { do: "file" }>;

/** What the project's file says; without one a churn report. */
export async function runFile(context: TreeContext, task: FileTask): Promise<ProgramStatus> {
  const { file } = context.tree;
  if (file === undefined) return runChurn(context);
  for (const { name, run } of commandsOf(file, task.schedule)) {
    const status = await context.command(name, ["bash", "-c", run]);
    if (status.exitCode !== 0) return status;
  }
  return SUCCESS;
}

function commandsOf(file: ProjectFile, schedule: number | undefined): readonly FileCommand[] {
  if (schedule === undefined) return file.commands;
  const entry = file.schedule[schedule];
  if (entry !== undefined) return entry.commands ?? file.commands;
  throw new CommandRefusal(
    "file_invalid",
    `The .deferred-server has no entry ${schedule + 1} under schedule: the branch was changed meanwhile.`,
  );
}
