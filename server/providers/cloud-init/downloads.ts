import { join } from "node:path";
import type { Hono } from "hono";
import type { Logger } from "pino";
import type { DataFolder } from "../../settings/data-folder.ts";
import type { Settings } from "../../settings/settings.ts";
import { machineFiles } from "./files.ts";
import type { Mirror } from "./mirror.ts";
import { machineRoutes } from "./routes.ts";

/** Serves what machines elsewhere load. Node is compressed before the first of them asks for it. */
export function machineDownloads(
  bundle: string,
  options: { settings: Settings; folder: DataFolder; log: Logger; mirror: Mirror | undefined },
): Hono {
  const { settings, folder, log, mirror } = options;
  const files = machineFiles({
    bundle,
    node: process.execPath,
    arch: process.platform === "linux" ? process.arch : undefined,
    otherNode: settings.ec2.otherNode,
    cache: join(folder.cache, "machine"),
    mirror,
  });
  files.manifest(process.arch).catch((error: unknown) => {
    log.error({ err: error }, "what machines load could not be prepared");
  });
  return machineRoutes(files);
}
