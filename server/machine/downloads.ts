import { join } from "node:path";
import type { Hono } from "hono";
import type { Logger } from "pino";
import type { DataFolder } from "../data-folder.ts";
import type { Settings } from "../settings.ts";
import { machineFiles } from "./files.ts";
import { machineRoutes } from "./routes.ts";

/** Serves what machines elsewhere load. Node is compressed before the first of them asks for it. */
export function machineDownloads(
  bundle: string,
  { settings, folder, log }: { settings: Settings; folder: DataFolder; log: Logger },
): Hono {
  const files = machineFiles({
    bundle,
    node: process.execPath,
    arch: process.platform === "linux" ? process.arch : undefined,
    otherNode: settings.ec2.otherNode,
    cache: join(folder.cache, "machine"),
  });
  files.manifest(process.arch).catch((error: unknown) => {
    log.error({ err: error }, "what machines load could not be prepared");
  });
  return machineRoutes(files);
}
