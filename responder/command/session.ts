import type { ProgramStatus } from "../sandbox/supervisor.ts";
import { commandEnvironment } from "./environment.ts";
import type { CommitTree, Job } from "./job.ts";
import { SUCCESS } from "./steps.ts";
import { runFile } from "./task-file.ts";

/** What lasts from one commit of a run to the next: services that were started, ways out to the network. */
export interface Session {
  performAt(tree: CommitTree): Promise<ProgramStatus>;
}

/** Runs programs of the project in a commit's work tree. */
export interface TreeContext {
  readonly job: Job;
  readonly tree: CommitTree;
  readonly env: Readonly<Record<string, string>>;
  /** A step that is one program. */
  command(name: string, argv: readonly [string, ...string[]]): Promise<ProgramStatus>;
}

export function openSession(job: Job): Session {
  const found: Record<string, string> = {};
  return {
    async performAt(tree) {
      const { work, supervisor, steps, inside, run, files } = job;
      const { file, cwd, commit, several } = tree;
      if (file?.timeoutS !== undefined) supervisor.shorten(file.timeoutS);
      const env = commandEnvironment({ run, work, home: inside.home, found }, tree, file);
      const context: TreeContext = {
        job,
        tree,
        env,
        command: (name, argv) =>
          steps.step(
            "command",
            name,
            () => supervisor.run({ argv, cwd, env }),
            several ? commit : undefined,
          ),
      };
      const status = await runTask(context);
      files.add(tree);
      return status;
    },
  };
}

async function runTask(context: TreeContext): Promise<ProgramStatus> {
  const { task } = context.job.work;
  switch (task.do) {
    case "file":
      return runFile(context, task);
    case "exec": {
      const { command } = task;
      return typeof command === "string"
        ? context.command(command, ["bash", "-c", command])
        : context.command(command.join(" "), command as [string, ...string[]]);
    }
    case "request":
      return SUCCESS;
  }
}
