import { chmodSync, chownSync, mkdirSync, mkdtempSync } from "node:fs";
import { join } from "node:path";
import { makeBootFolder } from "./boot-folder.ts";
import { removeFolder } from "./remove-folder.ts";

/** Below it a sandbox's user, who is nobody here, reaches its own folder; the responder's state is closed. */
const OPEN = "/var/cache/deferred-runner/places";

/**
 * What one attempt's commands have on disk. Nobody but their own user can enter the folder, and they see its
 * parts alone, each at a place of its own.
 */
export interface Workspace {
  /** The host's user they run as; undefined: our own. */
  readonly uid: number | undefined;
  readonly folder: string;
  /**
   * Where work trees are made. Commands don't see it: who runs as the same user could have git do here, outside of
   * any sandbox, what a tree's settings say.
   */
  readonly making: string;
  /** Holds the work trees; commands own these, not the folder around them. */
  readonly work: string;
  readonly home: string;
  readonly tmp: string;
  /** Data and sockets of services. */
  readonly services: string;
  /** What the responder gives in: commands can read it. */
  readonly share: string;
}

/** Where the places of one start of the responder are; those of responders that were killed go. */
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
  // The responder's umask may be stricter than what its user may enter.
  for (const path of ours) chmodSync(path, 0o755);
  if (uid !== undefined) chownSync(folder, uid, uid);
  return workspace;
}

/** Once nothing runs in it. */
export async function removeWorkspace({ folder }: Workspace): Promise<void> {
  await removeFolder(folder);
}
