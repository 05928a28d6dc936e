import { availableParallelism } from "node:os";
import type { FileCommand, StepStatus } from "../project-file/project-file.ts";
import type { ProgramStatus } from "../sandbox/supervisor/supervisor.ts";
import { unmetCondition, type StepFacts } from "./conditions.ts";
import { SUCCESS } from "./steps.ts";
import type { TreeContext } from "./tree-context.ts";

/** Two at least: many commands wait for others more than they compute. */
const AT_ONCE = Math.min(4, Math.max(2, availableParallelism()));

interface Ended {
  readonly command: FileCommand;
  /** Whether it ran because of a failure, which then counts instead of its own. */
  readonly status: StepStatus;
  readonly how: ProgramStatus;
}

export const isGraph = (commands: readonly FileCommand[]): boolean =>
  commands.some(({ dependsOn }) => dependsOn !== undefined);

/**
 * Runs each command once all that it depends on have ended, several at once. Each is a step from its beginning to its
 * end, and prints while it runs. The first failure in the file's order counts.
 */
export async function runGraph(
  context: TreeContext,
  commands: readonly FileCommand[],
  facts: Omit<StepFacts, "status">,
): Promise<ProgramStatus> {
  const waiting = new Set(commands);
  const running = new Map<FileCommand, Promise<Ended>>();
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
        const program = context.beside(name, ["bash", "-c", "--", run], {
          env: { DEFERRED_STATUS: status },
          ignoresFailure: failure === "ignore",
        });
        const ended = program.then((how) => ({ command, status, how }));
        // When the sandbox has ended, all of them reject, and one rejection is awaited.
        ended.catch(() => {});
        running.set(command, ended);
      } else statuses.set(name, status);
      return true;
    }
    return false;
  };

  for (;;) {
    while (await beginNext());
    if (running.size === 0) break;
    const { command, status, how } = await Promise.race(running.values());
    running.delete(command);
    const failed = how.exitCode !== 0 && command.failure === undefined;
    statuses.set(command.name, failed ? "failure" : "success");
    if (failed && status === "success") failures.set(command, how);
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
