import type { Logger } from "pino";
import type { Compute } from "./compute/compute.ts";
import { createLocalCompute, type MachineExit } from "./compute/local.ts";
import type { DataFolder } from "./data-folder.ts";
import type { ServerOptions } from "./server.ts";

/** How a responder ends when its machine has no working sandbox. */
const EXIT_NO_SANDBOX = 3;

export interface LocalMachinesOptions {
  folder: DataFolder;
  responder: ServerOptions["responder"];
  log: Logger;
  ended: (
    launchId: string,
    reason: "idle" | "sandbox_missing" | "boot_failed",
    lastWords: string,
  ) => void;
}

/** Machines that are processes of this one, and whether the last that ended had no sandbox. */
export function localMachines({ folder, responder, log, ended }: LocalMachinesOptions): {
  compute: Compute;
  noSandbox: () => boolean;
} {
  let noSandbox = false;
  const compute = createLocalCompute({
    folder: folder.machines,
    compileCache: folder.cache,
    responder,
    onExit(launchId, exit) {
      noSandbox = exit.code === EXIT_NO_SANDBOX;
      // Where it left as it should, what it logged is of no interest.
      if (exit.code === 0) log.info({ machine: launchId }, "a local machine went away");
      else log.warn({ machine: launchId, ...exit }, "a local machine ended");
      ended(launchId, reasonOf(exit), exit.lastWords);
    },
  });
  return { compute, noSandbox: () => noSandbox };
}

function reasonOf(exit: MachineExit): "idle" | "sandbox_missing" | "boot_failed" {
  if (exit.code === 0) return "idle";
  return exit.code === EXIT_NO_SANDBOX ? "sandbox_missing" : "boot_failed";
}
