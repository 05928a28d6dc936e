import { join } from "node:path";
import type { Assignment } from "../../protocol/responder.ts";
import type { CommandWork, SavedCache } from "../../protocol/command.ts";
import { openCheckout, type Checkout } from "../checkout/checkout.ts";
import { CommandRefusal } from "../project-file/refusal.ts";
import type { Execution } from "../execution/execution.ts";
import type { Workspace } from "../sandbox/workspace.ts";
import { SandboxError, type SandboxResult } from "../sandbox/result.ts";
import type { CommandSandbox } from "../sandbox/sandbox.ts";
import type { ProgramStatus } from "../sandbox/supervisor/supervisor.ts";
import { collector, type Collector } from "./artifacts.ts";
import { watchDisk } from "./disk.ts";
import type { CommandTools } from "./job.ts";
import { missingForCheckout } from "./checkout-tools.ts";
import { perform } from "./perform.ts";
import { countSteps } from "./steps.ts";

/** A project's own commands: everything about git is done out here, all else in one sandbox. */
export function commandExecution(
  { run, attempt }: Assignment,
  work: CommandWork,
  tools: CommandTools,
): Execution {
  const { sandbox, state, log } = tools;
  const over = new AbortController();
  let files: Collector | undefined;
  let workspace: Workspace | undefined;
  let entered: CommandSandbox | undefined;
  let opening: Promise<Checkout> | undefined;
  let isOpen = false;
  let installing: Promise<void> | undefined;

  return {
    limits: work.limits,
    async prepare() {
      const taken = tools.ahead.take();
      ({ workspace } = taken);
      files = collector(work.limits.artifacts_mb * 2 ** 20, workspace.folder);
      const options = {
        work,
        folder: workspace.work,
        making: workspace.making,
        mirrors: join(state, "mirrors"),
        owner: workspace.uid,
        log,
        signal: over.signal,
      };
      installing = missingForCheckout(work, tools.packages, over.signal);
      opening = installing ? installing.then(() => openCheckout(options)) : openCheckout(options);
      // Its rejection is handled where it is awaited.
      opening.then(
        () => (isOpen = true),
        () => {},
      );
      entered = await taken.sandbox;
    },

    async run(output, signal) {
      if (!workspace || !entered || !opening || !files) throw new Error("prepare comes first");
      const parts = { workspace, inside: sandbox.inside(workspace), checkout: opening, files };
      const steps = countSteps(output, Object.values(work.secrets));
      const { mask } = steps;
      const begun = performance.now();
      let status: ProgramStatus | undefined;
      const saved: SavedCache[] = [];
      try {
        const ending = await entered.run(
          work.limits,
          async (supervisor) => {
            const giveUp = () => over.abort(supervisor.signal.reason);
            supervisor.signal.addEventListener("abort", giveUp, { once: true });
            if (supervisor.signal.aborted) giveUp();
            const job = { ...tools, ...parts, run, attempt, work, supervisor, steps, mask, saved };
            let full: CommandRefusal | undefined;
            const disk = watchDisk(parts.workspace.folder, (refusal) => {
              full = refusal;
              supervisor.giveUp();
            });
            try {
              const installed = installing;
              if (installed) await steps.step("checkout", "Install git", () => installed);
              status = await perform(job);
              return status.exitCode ?? 128;
            } catch (error) {
              throw full ?? error;
            } finally {
              disk.end();
              supervisor.signal.removeEventListener("abort", giveUp);
            }
          },
          mask.write,
          signal,
        );
        // From its first step on, as the steps' own times are: not the sandbox's alone.
        const ranS = ending.ranS === undefined ? undefined : (performance.now() - begun) / 1000;
        return { ...endingWith(ending, status), ranS, caches: saved };
      } catch (error) {
        if (!(error instanceof CommandRefusal)) throw error;
        return {
          cause: "refused",
          reason: error.code,
          exitCode: null,
          signal: null,
          ranS: (performance.now() - begun) / 1000,
          detail: mask.text(error.message),
        };
      } finally {
        mask.flush();
      }
    },

    collect: async (signal) => files?.collected(signal),

    async discard() {
      // An open checkout is closed in order instead.
      if (!isOpen) over.abort(new Error("the attempt is over"));
      await entered?.discard();
      const checkout = await opening?.catch(() => undefined);
      await checkout?.close();
      files?.close();
      if (workspace) await sandbox.removeWorkspace(workspace);
      tools.ahead.refill();
      await tools.templates.makeMissing();
    },
  };
}

/** A sandbox that ended by itself has its commands' status, not its own. */
function endingWith(ending: SandboxResult, status: ProgramStatus | undefined): SandboxResult {
  if (ending.cause !== "exited") return ending;
  if (status !== undefined) return { ...ending, ...status };
  // Commands that kill their supervisor leave an exit code; without one it was killed from outside.
  if (ending.exitCode === null) throw new SandboxError("the sandbox ended by itself");
  return ending;
}
