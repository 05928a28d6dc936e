import { join } from "node:path";
import type { Hono } from "hono";
import type { DownloadDeps } from "../provider.ts";
import { machineFiles, type MachineFilesOptions } from "./files.ts";
import { createMirror } from "./mirror.ts";
import { machineRoutes } from "./routes.ts";

export interface MachineDownloadsOptions extends DownloadDeps {
  /** Node for an architecture that is not the server's, and the variable that names it. */
  otherNode: MachineFilesOptions["otherNode"];
  otherNodeVariable: string;
}

/** Serves the files that remote machines load. Compresses Node ahead of the first request. */
export function machineDownloads(options: MachineDownloadsOptions): Hono {
  const { bundle, folder, log, now, objects, otherNode, otherNodeVariable } = options;
  const files = machineFiles({
    bundle,
    node: process.execPath,
    arch: process.platform === "linux" ? process.arch : undefined,
    otherNode,
    cache: join(folder.cache, "machine"),
    mirror: objects && createMirror({ ...objects, log, now }),
  });
  files.manifest(process.arch).catch((error: unknown) => {
    log.error({ err: error }, "what machines load could not be prepared");
  });
  return machineRoutes(files, otherNodeVariable);
}
