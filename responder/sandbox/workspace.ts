import { chmodSync, chownSync, mkdirSync, mkdtempSync } from "node:fs";
import { join } from "node:path";
import { makeBootFolder } from "./boot-folder.ts";
import { removeFolder } from "./remove-folder.ts";

/** A sandbox's user can reach its own folder below it; the responder's state is closed to it. */
const OPEN = "/var/cache/deferred-runner/places";

/**
 * The folders of one attempt's commands on disk. Only their user can enter, and the sandbox mounts each part at a path
 * of its own.
 */
export interface Workspace {
  /** The host's user they run as; undefined: our own. */
  readonly uid: number | undefined;
  readonly folder: string;
  /**
   * Where work trees are made, not mounted in the sandbox: git runs here with a tree's settings, which commands could
   * otherwise change.
   */
  readonly making: string;
  /** Holds the work trees; commands own these, not the folder around them. */
  readonly work: string;
  readonly home: string;
  readonly tmp: string;
  /** Data and sockets of services. */
  readonly services: string;
  /** Files from the responder, read-only for commands. */
  readonly share: string;
}

/** The folder of this start's workspaces; those of killed responders are removed. */
export function workspacesFolder(state: string): string {
  const parent = process.getuid?.() === 0 ? OPEN : join(state, "places");
  const folder = makeBootFolder(parent, 0o711);
  // A strict umask would have closed it.
  chmodSync(parent, 0o711);
  return folder;
}

export function makeWorkspace(places: string, uid: number | undefined): Workspace {
  const folder = mkdtempSync(join(places, "run-"));
  const part = (name: string) => join(folder, name);
  const workspace = {
    uid,
    folder,
    making: part("making"),
    work: part("work"),
    home: part("home"),
    tmp: part("tmp"),
    services: part("services"),
    share: part("share"),
  };
  const ours = [workspace.making, workspace.work, workspace.share];
  for (const path of ours) mkdirSync(path, { mode: 0o755 });
  for (const path of [workspace.home, workspace.tmp, workspace.services]) {
    mkdirSync(path, { mode: 0o700 });
    if (uid !== undefined) chownSync(path, uid, uid);
  }
  // A strict umask of the responder would close the folders to their user.
  for (const path of ours) chmodSync(path, 0o755);
  if (uid !== undefined) chownSync(folder, uid, uid);
  return workspace;
}

/** Call it after all its processes have died. */
export async function removeWorkspace({ folder }: Workspace): Promise<void> {
  await removeFolder(folder);
}
