import { readdirSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { listChildren } from "../../responder/process/process-tree.ts";
import { dataFolder } from "../../server/settings/data-folder.ts";
import type { Served } from "../../test/systems/process.ts";
import { residentMb } from "../accept.ts";

/** What a server and its machines hold while nothing runs. */
export interface Held {
  serverMb: number;
  respondersMb: number;
  /** Open descriptors of the server and of the responders. */
  serverDescriptors: number;
  responderDescriptors: number;
  /** Descendants of the server: responders, and sandboxes that wait. */
  processes: number;
  /** Control groups of sandboxes, in all hierarchies. */
  groups: number;
  /** Folders below the machines' own. */
  folders: number;
  /** Grows with each stored run, by design. */
  databaseMb: number;
}

const GROUPS = "/sys/fs/cgroup";
const GROUP_DEPTH = 6;

export async function readHeld(served: Served): Promise<Held> {
  const server = served.process.pid!;
  const machines = await served.machines();
  const sum = (read: (pid: number) => number) => machines.reduce((all, pid) => all + read(pid), 0);
  const { database, machines: folder } = dataFolder(served.data);
  return {
    serverMb: residentMb(server),
    respondersMb: sum(residentMb),
    serverDescriptors: countDescriptors(server),
    responderDescriptors: sum(countDescriptors),
    processes: countDescendants(server),
    groups: countFolders(GROUPS, GROUP_DEPTH, (name) =>
      machines.some((pid) => name.startsWith(`deferred-${pid}-`)),
    ),
    folders: countFolders(folder, Infinity, () => true),
    databaseMb: (await stat(database)).size / 1e6,
  };
}

const countDescriptors = (pid: number) => readdirSync(`/proc/${pid}/fd`).length;

function countDescendants(pid: number): number {
  const children = listChildren(pid);
  return children.reduce((sum, child) => sum + countDescendants(child), children.length);
}

function countFolders(root: string, depth: number, matches: (name: string) => boolean): number {
  if (depth === 0) return 0;
  try {
    const folders = readdirSync(root, { withFileTypes: true }).filter((one) => one.isDirectory());
    return folders.reduce(
      (sum, { name }) =>
        sum + (matches(name) ? 1 : 0) + countFolders(join(root, name), depth - 1, matches),
      0,
    );
  } catch {
    return 0; // It was removed meanwhile.
  }
}
