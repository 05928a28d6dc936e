import { availableParallelism } from "node:os";
import type { FileCommand, StepStatus } from "../project-file/project-file.ts";
import type { HeldProgram, ProgramStatus } from "../sandbox/supervisor/supervisor.ts";
import { unmetCondition, type StepFacts } from "./conditions.ts";
import { SUCCESS } from "./steps.ts";
import type { TreeContext } from "./tree-context.ts";

/** Two at least: many commands wait for others more than they compute. */
const AT_ONCE = Math.min(4, Math.max(2, availableParallelism()));

interface Running {
  readonly command: FileCommand;
  /** Whether it runs because of a failure, which then counts instead of its own. */
  readonly status: StepStatus;
  readonly program: HeldProgram;
}

export const isGraph = (commands: readonly FileCommand[]): boolean =>
  commands.some(({ dependsOn }) => dependsOn !== undefined);

/**
 * Runs each command once all that it depends on have ended, several at once. The log has one step after another: a
 * command is printed when it ends, and live while it runs alone. The first failure in the file's order counts.
 */
export async function runGraph(
  context: TreeContext,
  commands: readonly FileCommand[],
  facts: Omit<StepFacts, "status">,
): Promise<ProgramStatus> {
  const waiting = new Set(commands);
  const running = new Set<Running>();
  /** Results by name. A command that does not run has the status of its dependencies. */
  const statuses = new Map<string, StepStatus>();
  const failures = new Map<FileCommand, ProgramStatus>();

  const beginNext = async (): Promise<boolean> => {
    if (running.size === AT_ONCE) return false;
    for (const command of waiting) {
      const status = statusBefore(command, statuses);
      if (status === undefined) continue;
      waiting.delete(command);
      const { name, run, failure, when = {} } = command;
      const isWanted = (when.status ?? ["success"]).includes(status);
      const unmet = isWanted ? unmetCondition(when, facts) : undefined;
      if (unmet !== undefined) await context.skip(name, unmet);
      if (isWanted && unmet === undefined) {
        const program = context.begin(name, ["bash", "-c", "--", run], {
          env: { DEFERRED_STATUS: status },
          ignoresFailure: failure === "ignore",
        });
        running.add({ command, status, program });
      } else statuses.set(name, status);
      return true;
    }
    return false;
  };

  for (;;) {
    while (await beginNext());
    if (running.size === 0) break;
    const one = await firstToPrint(running);
    const ended = await one.program.print();
    running.delete(one);
    const { command, status } = one;
    const failed = ended.exitCode !== 0 && command.failure === undefined;
    statuses.set(command.name, failed ? "failure" : "success");
    if (failed && status === "success") failures.set(command, ended);
  }
  const first = commands.find((command) => failures.has(command));
  return (first && failures.get(first)) ?? SUCCESS;
}

/** The status of its dependencies together; undefined while one of them runs or waits. */
function statusBefore(
  { dependsOn = [] }: FileCommand,
  statuses: ReadonlyMap<string, StepStatus>,
): StepStatus | undefined {
  const before = dependsOn.map((name) => statuses.get(name));
  if (before.includes(undefined)) return undefined;
  return before.includes("failure") ? "failure" : "success";
}

/** The command to print next: the first to end. A command that runs alone is printed live, since no other can begin. */
function firstToPrint(running: ReadonlySet<Running>): Promise<Running> | Running {
  const [only, ...others] = running;
  if (only !== undefined && others.length === 0) return only;
  return Promise.race([...running].map((one) => one.program.ended.then(() => one)));
}
