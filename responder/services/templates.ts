import { createHash } from "node:crypto";
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { chmod, chown, copyFile } from "node:fs/promises";
import { join } from "node:path";
import { LIMIT_CEILINGS } from "../../protocol/limits.ts";
import type { Log } from "../process/log.ts";
import type { Workspace } from "../sandbox/workspace.ts";
import { SandboxError } from "../sandbox/result.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import type { Service } from "./service.ts";
import { prepareService } from "./start.ts";

const FILE = "template.tar";

/**
 * Initial data of services, made once per machine: initialising a database takes half a second of a processor,
 * unpacking a tenth of that. Made in a sandbox without any project's files.
 */
export interface Templates {
  /** Puts the service's data into the place's share, by the name that it answers, or notes that there is none. */
  use(service: Service, programs: string, workspace: Workspace): string | undefined;
  /** Makes the missing templates, after a run. */
  makeMissing(): Promise<void>;
}

export function templates(sandbox: Sandbox, log: Log): Templates {
  const missing = new Map<string, { service: Service; programs: string }>();
  let making: Promise<void> | undefined;

  const makeAll = async () => {
    for (const [path, { service, programs }] of missing) {
      missing.delete(path);
      await make(sandbox, service, programs, path).catch((error: unknown) => {
        log.warn("a service's data was not made ahead", {
          service: service.name,
          error: String(error),
        });
      });
    }
    making = undefined;
  };
  return {
    use(service, programs, workspace) {
      if (service.prepare(programs, { folder: "", cwd: "", env: {} }).length === 0)
        return undefined;
      const path = templatePath(service, programs, workspace);
      const name = `${service.name}.tar`;
      try {
        linkSync(path, join(workspace.share, name));
        return name;
      } catch {
        missing.set(path, { service, programs });
        return undefined;
      }
    },
    makeMissing: () => (making ??= missing.size === 0 ? undefined : makeAll()) ?? Promise.resolve(),
  };
}

/** Beside the places, where a link leads into one. Another version of the programs has another name. */
function templatePath(service: Service, programs: string, workspace: Workspace): string {
  const { mtimeMs } = statSync(programs);
  const how = service.prepare(programs, { folder: "", cwd: "", env: {} });
  const version = createHash("sha256")
    .update(JSON.stringify([how, mtimeMs]))
    .digest("hex")
    .slice(0, 16);
  return join(workspace.folder, "../../templates", `${service.name}-${version}.tar`);
}

async function make(sandbox: Sandbox, service: Service, programs: string, path: string) {
  if (existsSync(path)) return;
  const workspace = sandbox.makeWorkspace();
  try {
    const box = await sandbox.enter(workspace);
    const inside = sandbox.inside(workspace);
    const at = { services: inside.services, env: { PATH: "/usr/bin:/bin", HOME: inside.home } };
    const { signal } = new AbortController();
    const ending = await box.run(
      LIMIT_CEILINGS,
      async (supervisor) => {
        const folder = await prepareService(service, programs, supervisor, at);
        const argv = ["tar", "-cf", join(inside.tmp, FILE), "-C", folder, "."] as const;
        return (await supervisor.ask({ argv, cwd: folder, env: at.env })).exitCode ?? 1;
      },
      () => {},
      signal,
    );
    await box.discard();
    if (ending.exitCode !== 0) throw new SandboxError(`it ended with ${ending.exitCode}`);
    mkdirSync(join(path, ".."), { recursive: true, mode: 0o755 });
    const part = `${path}.${process.pid}`;
    await copyFile(join(workspace.tmp, FILE), part);
    // A copy keeps its owner, and the sandbox's user is reused.
    await chown(part, process.getuid?.() ?? 0, process.getgid?.() ?? 0);
    await chmod(part, 0o644);
    for (const name of readdirSync(join(path, ".."))) {
      const isOlder = name.startsWith(`${service.name}-`) && name.endsWith(".tar");
      if (isOlder) rmSync(join(path, "..", name), { force: true });
    }
    renameSync(part, path);
  } finally {
    rmSync(`${path}.${process.pid}`, { force: true });
    await sandbox.removeWorkspace(workspace);
  }
}
