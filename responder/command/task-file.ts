import type { Task } from "../../protocol/command.ts";
import { CommandRefusal } from "../project-file/refusal.ts";
import type { FileCommand, ProjectFile } from "../project-file/project-file.ts";
import type { ProgramStatus } from "../sandbox/supervisor/supervisor.ts";
import { runChurn } from "./churn.ts";
import type { TreeContext } from "./tree-context.ts";
import { SUCCESS } from "./steps.ts";

type FileTask = Extract<Task, { do: "file" }>;

/** Runs the commands of the project's file; without one a churn report. */
export async function runFile(context: TreeContext, task: FileTask): Promise<ProgramStatus> {
  const { file } = context.tree;
  if (task.schedule !== undefined && file === undefined) throw scheduleGone(task);
  if (file === undefined) return runChurn(context);
  for (const { name, run } of pickCommands(file, task)) {
    const status = await context.command(name, ["bash", "-c", "--", run]);
    if (status.exitCode !== 0) return status;
  }
  return SUCCESS;
}

function pickCommands(file: ProjectFile, task: FileTask): readonly FileCommand[] {
  const { schedule: position, cron } = task;
  if (position === undefined) return file.commands;
  const isAsked = (entry: ProjectFile["schedule"][number] | undefined) =>
    entry !== undefined && (cron === undefined || entry.cron === cron);
  const there = file.schedule[position];
  // Where an entry before it was added or removed, it has another place.
  const entry = isAsked(there) ? there : cron && file.schedule.find(isAsked);
  if (entry) return entry.commands ?? file.commands;
  throw scheduleGone(task);
}

/** The branch was changed between the schedule's time and the checkout. */
function scheduleGone({ schedule = 0, cron }: FileTask): CommandRefusal {
  const which = cron === undefined ? `no entry ${schedule + 1}` : `no ${JSON.stringify(cron)}`;
  return new CommandRefusal(
    "schedule_gone",
    `The .deferred-server at the branch's tip has ${which} under schedule.`,
  );
}
