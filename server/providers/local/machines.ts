import type { Logger } from "pino";
import type { Compute } from "../compute.ts";
import { createLocalCompute, type MachineExit } from "./compute.ts";
import type { DataFolder } from "../../settings/data-folder.ts";
import type { ServerOptions } from "../../main.ts";

/** How a responder ends when its machine has no working sandbox. */
const EXIT_NO_SANDBOX = 3;

export interface LocalMachinesOptions {
  folder: DataFolder;
  responder: ServerOptions["responder"];
  log: Logger;
  ended: (launchId: string, reason: ReturnType<typeof reasonOf>, lastWords: string) => void;
}

/** Machines that are processes of this one. */
export function localMachines({ folder, responder, log, ended }: LocalMachinesOptions): Compute {
  return createLocalCompute({
    folder: folder.machines,
    compileCache: folder.cache,
    responder,
    onExit(launchId, exit) {
      if (!exit) {
        log.warn({ machine: launchId }, "a local machine of an earlier server ended");
        return ended(launchId, "machine_gone", "It was an earlier server's.");
      }
      // Where it left as it should, what it logged is of no interest.
      if (exit.code === 0) log.info({ machine: launchId }, "a local machine went away");
      else log.warn({ machine: launchId, ...exit }, "a local machine ended");
      ended(launchId, reasonOf(exit), exit.lastWords);
    },
  });
}

function reasonOf(exit: MachineExit): "idle" | "sandbox_missing" | "boot_failed" | "machine_gone" {
  if (exit.code === 0) return "idle";
  // Killed from outside: that says nothing of the next one.
  if (exit.signal !== null) return "machine_gone";
  return exit.code === EXIT_NO_SANDBOX ? "sandbox_missing" : "boot_failed";
}
