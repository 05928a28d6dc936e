import type { Task } from "../../protocol/command.ts";
import { CommandRefusal } from "../project-file/refusal.ts";
import type { FileCommand, ProjectFile } from "../project-file/project-file.ts";
import type { ProgramStatus } from "../sandbox/supervisor/supervisor.ts";
import { runChurn } from "./churn.ts";
import { stepEvent, unmetCondition } from "./conditions.ts";
import { branchOf } from "./environment.ts";
import { isGraph, runGraph } from "./graph.ts";
import type { TreeContext } from "./tree-context.ts";
import { SUCCESS } from "./steps.ts";

type FileTask = Extract<Task, { do: "file" }>;

/** Runs the commands of the project's file; without one a churn report. */
export async function runFile(context: TreeContext, task: FileTask): Promise<ProgramStatus> {
  const { file } = context.tree;
  if (task.schedule !== undefined && file === undefined) throw scheduleGone(task);
  if (file === undefined) return runChurn(context);
  return runCommands(context, pickCommands(file, task));
}

/** One after another, unless they say what they depend on. After a failure only those run whose conditions name it; the first failure counts. */
async function runCommands(
  context: TreeContext,
  commands: readonly FileCommand[],
): Promise<ProgramStatus> {
  const { job, tree } = context;
  const facts = {
    event: stepEvent(job.work.trigger, tree.ref),
    branch: branchOf(tree.ref),
    changed: tree.changed,
  };
  if (isGraph(commands)) return runGraph(context, commands, facts);
  let result = SUCCESS;
  for (const { name, run, failure, when = {} } of commands) {
    const status = result.exitCode === 0 ? "success" : "failure";
    if (!(when.status ?? ["success"]).includes(status)) continue;
    const unmet = unmetCondition(when, facts);
    if (unmet !== undefined) {
      await context.skip(name, unmet);
      continue;
    }
    const ended = await context.command(name, ["bash", "-c", "--", run], {
      env: { DEFERRED_STATUS: status },
      ignoresFailure: failure === "ignore",
    });
    if (ended.exitCode !== 0 && failure === undefined && status === "success") result = ended;
  }
  return result;
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
