import type { Log } from "../process/log.ts";
import type { Workspace } from "./workspace.ts";
import type { CommandSandbox, Sandbox } from "./sandbox.ts";

/** A place, and the sandbox around it once that is up. */
interface Entered {
  readonly workspace: Workspace;
  readonly sandbox: Promise<CommandSandbox>;
}

/**
 * Command sandboxes, one of which is started ahead of need: its supervisor takes 60 ms of a processor that a
 * checkout could use. Not before the first is asked for: most machines never run commands.
 */
export interface CommandsAhead {
  take(): Entered;
  /** Once there is time, since a run has ended. */
  refill(): void;
  close(): Promise<void>;
}

export function commandsAhead(sandbox: Sandbox, log: Log): CommandsAhead {
  let waiting: Entered | undefined;
  let closed = false;

  const enter = (): Entered => {
    const workspace = sandbox.makeWorkspace();
    return { workspace, sandbox: sandbox.enter(workspace) };
  };
  const remove = async ({ workspace, sandbox: one }: Entered) => {
    await (await one.catch(() => undefined))?.discard();
    await sandbox.removeWorkspace(workspace);
  };
  return {
    take() {
      const entered = waiting ?? enter();
      waiting = undefined;
      return entered;
    },
    refill() {
      if (closed || waiting !== undefined) return;
      const entered = (waiting = enter());
      const drop = (why: string) => {
        if (waiting !== entered) return;
        waiting = undefined;
        log.warn("a sandbox for commands did not last until it was needed", { why });
        void remove(entered).catch(() => {});
      };
      entered.sandbox
        .then((one) => one.gone)
        .then(
          () => drop("it ended"),
          (error: unknown) => drop(String(error)),
        );
    },
    async close() {
      closed = true;
      const left = waiting;
      waiting = undefined;
      if (left) await remove(left);
    },
  };
}
